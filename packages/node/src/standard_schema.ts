// Types of methods by any library that keeps to Standard Schema (https://standardschema.dev): zod,
// valibot, arktype and others. Only the interface is known here, and nothing is depended on.

import { TidewireError } from './errors'
import { pathText } from './path'

/** The interface of Standard Schema, version 1. */
export interface StandardSchemaV1<Input = unknown, Output = Input> {
  readonly '~standard': {
    readonly version: 1
    readonly vendor: string
    readonly validate: (
      value: unknown,
    ) => StandardResult<Output> | Promise<StandardResult<Output>>
    readonly types?: { readonly input: Input; readonly output: Output } | undefined
  }
}

export type StandardResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly StandardIssue[] }

export interface StandardIssue {
  readonly message: string
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined
}

/** What a value may be before it is validated, and what it is afterwards. */
export type InputOf<S extends StandardSchemaV1> = NonNullable<
  S['~standard']['types']
>['input']
export type OutputOf<S extends StandardSchemaV1> = NonNullable<
  S['~standard']['types']
>['output']

export function isStandardSchema(value: unknown): value is StandardSchemaV1 {
  // Those of arktype are functions.
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return false
  const standard = (value as Partial<StandardSchemaV1>)['~standard']
  return standard?.version === 1 && typeof standard.validate === 'function'
}

const ISSUES_MAX = 8

/**
 * The value as the schema makes it: at once, unless the schema takes its time.
 *
 * @throws what `refuse` makes of the sentence that says what does not fit, and where.
 */
export function validated(
  schema: StandardSchemaV1,
  value: unknown,
  refuse: (message: string) => TidewireError,
): unknown {
  const result = schema['~standard'].validate(value)
  if (result instanceof Promise) return result.then((late) => taken(late, refuse))
  return taken(result, refuse)
}

function taken(result: StandardResult<unknown>, refuse: (message: string) => TidewireError) {
  if (result.issues === undefined) return result.value
  throw refuse(result.issues.slice(0, ISSUES_MAX).map(sentence).join('; '))
}

function sentence({ message, path = [] }: StandardIssue): string {
  const steps = path.map((step) => (typeof step === 'object' ? step.key : step))
  return `${pathText(steps)}: ${message}`
}
