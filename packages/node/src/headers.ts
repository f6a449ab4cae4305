import { TidewireError } from './errors'
import type { FlatHeaders, HeaderLines } from './native'

/** Header fields to send: a record, pairs, or Headers of another message. */
export type HeadersInit = Readonly<Record<string, string>> | Iterable<readonly [string, string]>

/** Where the fields of a message that is still in the core come from. */
export interface HeadersSource {
  get(name: string): string | undefined
  all(): HeaderLines
}

// For this package only: they reach what is private.
export let headersFromFlat: (flat: FlatHeaders) => Headers
export let headersFromLines: (lines: HeaderLines) => Headers
export let headersFromSource: (source: HeadersSource) => Headers
export let flatOf: (headers: Headers) => FlatHeaders

/** The header fields of a message, in order; names are compared without case. */
export class Headers implements Iterable<[string, string]> {
  #source: HeadersSource | undefined
  #lines: HeaderLines | undefined
  #flat: FlatHeaders | undefined

  constructor(init?: HeadersInit) {
    this.#flat = flatHeaders(init) ?? []
  }

  static {
    headersFromFlat = (flat) => {
      const headers = new Headers()
      headers.#flat = flat
      return headers
    }
    headersFromLines = (lines) => {
      const headers = new Headers()
      headers.#flat = undefined
      headers.#lines = lines
      return headers
    }
    headersFromSource = (source) => {
      const headers = new Headers()
      headers.#flat = undefined
      headers.#source = source
      return headers
    }
    flatOf = (headers) => headers.#all()
  }

  /** The first field of that name. */
  get(name: string): string | undefined {
    if (this.#flat === undefined && this.#source !== undefined) return this.#source.get(name)
    const flat = this.#all()
    const wanted = name.toLowerCase()
    for (let index = 0; index < flat.length; index += 2) {
      if (flat[index].toLowerCase() === wanted) return flat[index + 1]
    }
    return undefined
  }

  has(name: string): boolean {
    return this.get(name) !== undefined
  }

  /** Every field as [name, value], names as they were written. */
  *entries(): IterableIterator<[string, string]> {
    const flat = this.#all()
    for (let index = 0; index < flat.length; index += 2) yield [flat[index], flat[index + 1]]
  }

  [Symbol.iterator](): IterableIterator<[string, string]> {
    return this.entries()
  }

  #all(): FlatHeaders {
    if (this.#flat === undefined) {
      const lines = this.#lines ?? this.#source?.all() ?? ''
      this.#flat = lines === '' ? [] : lines.split('\n')
    }
    return this.#flat
  }
}

function isIterable(init: HeadersInit): init is Iterable<readonly [string, string]> {
  return typeof (init as Iterable<unknown>)[Symbol.iterator] === 'function'
}

/** The form that the addon takes. What HTTP cannot carry is refused there. */
export function flatHeaders(init: HeadersInit | undefined): FlatHeaders | undefined {
  if (init === undefined) return undefined
  if (typeof init !== 'object' || init === null) {
    throw new TidewireError('invalid_argument', 'headers must be an object or pairs')
  }
  const flat: FlatHeaders = []
  for (const [name, value] of isIterable(init) ? init : Object.entries(init)) {
    if (typeof name !== 'string' || typeof value !== 'string') {
      throw new TidewireError('invalid_argument', 'names and values of headers must be strings')
    }
    flat.push(name, value)
  }
  return flat
}

/** Takes Content-Type out of `flat`, since it travels beside the other fields. */
export function takeContentType(flat: FlatHeaders | undefined): string | undefined {
  if (flat === undefined) return undefined
  for (let index = 0; index < flat.length; index += 2) {
    if (flat[index].toLowerCase() === 'content-type') return flat.splice(index, 2)[1]
  }
  return undefined
}
