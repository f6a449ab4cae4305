import { TidewireError } from '../errors'
import { native } from '../handoff'
import { checkOptions } from '../options'
import type { SchemaDescription } from './description'
import { type Schema, type SchemaOptions, makeSchema } from './schema'

export interface LoadOptions extends SchemaOptions {
  /** Where imports that begin with a slash are looked for, before the usual folders. */
  importPaths?: readonly string[]
}

/**
 * Reads a `.capnp` file and what it imports. Do it when a program starts: it runs the compiler of
 * Cap'n Proto's language in the process.
 *
 * @throws TidewireError invalid_argument, with `file:line: text`, when there is none or it is none.
 */
export function loadSchema(path: string, options: LoadOptions = {}): Schema {
  return schemaFrom((...given) => native.schemaLoad(...given), path, 'loadSchema', options)
}

/** The same for a schema that is text. It has no folder: its imports begin with a slash. */
export function parseSchema(text: string, options: LoadOptions = {}): Schema {
  return schemaFrom((...given) => native.schemaParse(...given), text, 'parseSchema', options)
}

function schemaFrom(
  describe: (source: string, importPaths: readonly string[] | undefined) => string,
  source: string,
  where: string,
  options: LoadOptions,
): Schema {
  if (typeof source !== 'string') {
    throw new TidewireError('invalid_argument', `what ${where} reads is a string`)
  }
  checkOptions(where, options, ['int64', 'importPaths'])
  const { importPaths, ...rest } = options
  return makeSchema(JSON.parse(describe(source, importPaths)) as SchemaDescription, rest)
}
