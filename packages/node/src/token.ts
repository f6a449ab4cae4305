// The token of a client: where it comes from, and how an operation is sent with it.

import { TidewireError } from './errors'
import { type HeadersInit, flatHeaders } from './headers'

/** A token, or what gives one: called at first, and again when the server says `token_expired`. */
export type TokenSource = string | (() => string | Promise<string>)

type Send<T> = (headers: [string, string][], timeoutMs: number) => Promise<T>

export class Token {
  readonly #source: TokenSource
  readonly #timeoutMs: number
  #value: Promise<string> | undefined

  /** `timeoutMs`: of operations that give none; 0 or Infinity: no deadline. */
  constructor(source: TokenSource, timeoutMs: number) {
    if (typeof source !== 'string' && typeof source !== 'function') {
      throw new TidewireError('invalid_argument', 'a token is a string or a function')
    }
    this.#source = source
    this.#timeoutMs = timeoutMs
  }

  /**
   * The result of `send` with `Authorization: Bearer`. When it ends with token_expired, which
   * `expired` tells of a result and a rejection, it is sent once more with a new token, within
   * what is left of `timeoutMs`.
   */
  async send<T>(
    headers: HeadersInit | undefined,
    timeoutMs: number | undefined,
    send: Send<T>,
    expired: (result: T | undefined, error: unknown) => boolean,
  ): Promise<T> {
    const pairs = pairsOf(headers)
    const limit = timeoutMs ?? this.#timeoutMs
    if (pairs.some(([name]) => name.toLowerCase() === 'authorization')) return send(pairs, limit)
    const began = performance.now()
    const left = (): number =>
      limit === 0 || limit === Infinity ? limit : Math.max(1, limit - (performance.now() - began))
    const first = this.#current()
    const withToken = (token: string): Promise<T> =>
      send([...pairs, ['Authorization', `Bearer ${token}`]], left())
    const token = await first
    try {
      const result = await withToken(token)
      if (typeof this.#source === 'string' || !expired(result, undefined)) return result
    } catch (error) {
      if (typeof this.#source === 'string' || !expired(undefined, error)) throw error
    }
    if (this.#value === first) this.#value = undefined
    return withToken(await this.#current())
  }

  /** `headers` with the token, for what is sent once only. */
  async headers(headers: HeadersInit | undefined): Promise<[string, string][]> {
    const pairs = pairsOf(headers)
    if (pairs.some(([name]) => name.toLowerCase() === 'authorization')) return pairs
    return [...pairs, ['Authorization', `Bearer ${await this.#current()}`]]
  }

  #current(): Promise<string> {
    this.#value ??= this.#ask()
    return this.#value
  }

  async #ask(): Promise<string> {
    try {
      const value = typeof this.#source === 'string' ? this.#source : await this.#source()
      if (typeof value === 'string') return value
      throw new TidewireError('invalid_argument', 'a token is a string')
    } catch (error) {
      this.#value = undefined // the next operation asks again
      throw error
    }
  }
}

function pairsOf(headers: HeadersInit | undefined): [string, string][] {
  const flat = flatHeaders(headers) ?? []
  const pairs: [string, string][] = []
  for (let index = 0; index < flat.length; index += 2) pairs.push([flat[index], flat[index + 1]])
  return pairs
}
