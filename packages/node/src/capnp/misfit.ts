/** What does not fit: a value its schema, or bytes their type. How the sentence about it ends. */
export class Misfit extends Error {
  /** Where it was, once the way up has told. */
  readonly path: (string | number)[] = []

  /** For `catch`: `error`, one step further up. */
  static within(step: string | number, error: unknown): unknown {
    if (error instanceof Misfit) error.path.unshift(step)
    return error
  }
}
