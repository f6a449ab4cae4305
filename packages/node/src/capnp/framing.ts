// How a message is cut into segments and packed (capnproto.org/encoding.html, "Serialization over a
// stream" and "Packing"). Nothing is allocated for what a header merely claims.

import { Misfit } from './misfit'

export const WORD = 8
const SEGMENTS_MAX = 512

/** Where the segments of a message lie in its bytes: multiples of a word after the first. */
export interface Segments {
  readonly starts: number[]
  readonly ends: number[]
  /** Where the bytes after the message begin. */
  readonly end: number
}

/** `problem` ends a sentence that begins with a place. */
export function malformed(problem: string): never {
  throw new Misfit(problem)
}

function uint32(bytes: Uint8Array, at: number): number {
  return (
    (bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24)) >>> 0
  )
}

/** Bytes of the segment table that begins with `count`, its padding included. */
function tableBytes(count: number): number {
  return ((count + 2) >>> 1) * WORD
}

function segmentCount(bytes: Uint8Array, from: number, length: number): number {
  if (length - from < WORD) malformed('ends inside its segment table')
  const count = uint32(bytes, from) + 1
  if (count > SEGMENTS_MAX) malformed(`has more than ${SEGMENTS_MAX} segments`)
  return count
}

/**
 * The segments of the message that begins at `from`.
 *
 * @throws Misfit when it is cut short.
 */
export function segmentsOf(bytes: Uint8Array, from = 0): Segments {
  const count = segmentCount(bytes, from, bytes.length)
  let at = from + tableBytes(count)
  if (at > bytes.length) malformed('ends inside its segment table')
  const starts: number[] = []
  const ends: number[] = []
  for (let index = 0; index < count; index++) {
    starts.push(at)
    at += uint32(bytes, from + 4 + 4 * index) * WORD
    if (at > bytes.length) malformed('ends within a segment')
    ends.push(at)
  }
  return { starts, ends, end: at }
}

/** Grows as it is written, never beyond twice of that. */
class Growing {
  bytes = new Uint8Array(1024)
  length = 0
  readonly #max: number

  constructor(max: number) {
    this.#max = max
  }

  /** Where `count` bytes, all 0, may be written. */
  add(count: number): number {
    const at = this.length
    const end = at + count
    if (end > this.#max) malformed('is longer than it may be once it is unpacked')
    if (end > this.bytes.length) {
      const grown = new Uint8Array(Math.max(end, this.bytes.length * 2))
      grown.set(this.bytes)
      this.bytes = grown
    }
    this.length = end
    return at
  }

  take(): Uint8Array {
    return this.bytes.subarray(0, this.length)
  }
}

/**
 * Undoes pack().
 *
 * @throws Misfit when `packed` ends within a word, or gives over `bytesMax`.
 */
export function unpack(packed: Uint8Array, bytesMax: number): Uint8Array {
  const out = new Growing(bytesMax)
  let from = 0
  while (from < packed.length) {
    const tag = packed[from++]
    let to = out.add(WORD)
    for (let bit = 0; bit < WORD; bit++, to++) {
      if ((tag & (1 << bit)) === 0) continue
      if (from === packed.length) malformed('ends within a packed word')
      out.bytes[to] = packed[from++]
    }
    if (tag !== 0 && tag !== 0xff) continue
    if (from === packed.length) malformed('ends before the count of a packed run')
    const run = packed[from++] * WORD
    const at = out.add(run)
    if (tag === 0) continue
    if (from + run > packed.length) malformed('ends within a packed run')
    out.bytes.set(packed.subarray(from, from + run), at)
    from += run
  }
  return out.take()
}

function zeroBytes(bytes: Uint8Array, at: number): number {
  let zeros = 0
  for (let index = at; index < at + WORD; index++) if (bytes[index] === 0) zeros++
  return zeros
}

/** How many words from `at` on, at most 255, satisfy `belongs`. */
function runLength(bytes: Uint8Array, at: number, belongs: (zeros: number) => boolean): number {
  let words = 0
  while (words < 255 && at + WORD <= bytes.length && belongs(zeroBytes(bytes, at))) {
    words++
    at += WORD
  }
  return words
}

/** `bytes`: a whole number of words. Zeros go, and little else. */
export function pack(bytes: Uint8Array): Uint8Array {
  // The worst case: each word its tag and eight bytes, and a count.
  const out = new Uint8Array((bytes.length / WORD) * 10)
  let to = 0
  for (let from = 0; from < bytes.length; ) {
    const tagAt = to++
    let tag = 0
    for (let bit = 0; bit < WORD; bit++) {
      const byte = bytes[from++]
      if (byte === 0) continue
      tag |= 1 << bit
      out[to++] = byte
    }
    out[tagAt] = tag
    if (tag === 0) {
      const run = runLength(bytes, from, (zeros) => zeros === WORD)
      out[to++] = run
      from += run * WORD
    } else if (tag === 0xff) {
      // Words with two zeros or more are shorter with a tag of their own.
      const run = runLength(bytes, from, (zeros) => zeros < 2)
      out[to++] = run
      out.set(bytes.subarray(from, from + run * WORD), to)
      to += run * WORD
      from += run * WORD
    }
  }
  return out.slice(0, to)
}
