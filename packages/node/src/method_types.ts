// What a method may be registered with beside its handler: the types of its arguments and reply.

import { TidewireError } from './errors'
import { checkOptions } from './options'
import type { MethodContext } from './request'
import type { MethodHandler } from './runner'
import {
  type InputOf,
  type OutputOf,
  type StandardSchemaV1,
  isStandardSchema,
  validated,
} from './standard_schema'
import type { Streams } from './stream_runner'

export interface MethodOptions<
  Input extends StandardSchemaV1 = StandardSchemaV1,
  Output extends StandardSchemaV1 = StandardSchemaV1,
> {
  /** What the arguments are: those that do not fit are `invalid_argument`, with the path. */
  input?: Input
  /** What the result is: one that does not fit is an error of the handler, `internal`. */
  output?: Output
  /**
   * The same arguments give the same result, and nothing changes by it: so it may be read, too, by
   * `GET /methods/{name}?args=JSON`, with an ETag, and 304 for who has that.
   */
  pure?: boolean
  /**
   * Which side is a stream: the handler is then given an async iterable of arguments, or gives an
   * iterable of replies, and `input` and `output` are of each item. A generator streams its reply
   * without it.
   */
  streams?: Streams
}

/** A handler whose arguments are those that `input` gives, and whose result `output` takes. */
export type TypedMethodHandler<
  Input extends StandardSchemaV1,
  Output extends StandardSchemaV1,
> = (
  args: OutputOf<Input>,
  context: MethodContext,
) => InputOf<Output> | Promise<InputOf<Output>>

export function checkMethodOptions(options: MethodOptions): void {
  checkOptions('method', options, ['input', 'output', 'pure', 'streams'])
  const { streams } = options
  if (streams !== undefined && !['reply', 'request', 'both'].includes(streams)) {
    throw new TidewireError('invalid_argument', "streams is 'reply', 'request' or 'both'")
  }
  if (options.pure !== undefined && typeof options.pure !== 'boolean') {
    throw new TidewireError('invalid_argument', 'pure is true or false')
  }
  for (const name of ['input', 'output'] as const) {
    if (options[name] === undefined || isStandardSchema(options[name])) continue
    throw new TidewireError('invalid_argument', `${name} is no schema of Standard Schema`)
  }
}

/** `handler` between the two checks. It stays synchronous as long as they and it are. */
export function typedHandler(
  { input, output }: MethodOptions,
  handler: MethodHandler<unknown>,
): MethodHandler<unknown> {
  const run: MethodHandler<unknown> =
    output === undefined
      ? handler
      : (args, context) => {
          const result = handler(args, context)
          if (result instanceof Promise) return result.then((late) => reply(output, late))
          return reply(output, result)
        }
  if (input === undefined) return run
  return (args, context) => {
    const checked = validated(input, args, badArguments)
    if (checked instanceof Promise) return checked.then((late) => run(late, context))
    return run(checked, context)
  }
}

function reply(output: StandardSchemaV1, result: unknown): unknown {
  return validated(output, result, badResult)
}

function badArguments(message: string): TidewireError {
  return new TidewireError('invalid_argument', message)
}

function badResult(message: string): TidewireError {
  return new TidewireError('internal', `the result of the method does not fit: ${message}`)
}
