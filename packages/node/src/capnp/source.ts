// Reads a message: follows pointers within bounds. Whatever a peer sends, work and memory are
// bounded, by the same rules as in core/serializer/wire_reader.cpp:
//
// - traversal: words that pointers lead to, counted each time that they are followed, and as many
//   elements of lists. A small message may have eight times its size read: only parts that overlap,
//   which no writer makes, or lists of nothing, need more.
// - nesting: of what pointers lead to, so that a pointer to what it lies in ends.
//
// The encoding: https://capnproto.org/encoding.html

import { type Segments, WORD, malformed } from './framing'

export interface ReadLimits {
  /** Words that pointers may lead to, and elements of lists. Default 8,388,608: 64 MiB. */
  traversalWordsMax?: number
  /** Pointers inside of what pointers lead to. Default 64. */
  nestingMax?: number
}

export const TRAVERSAL_WORDS_MAX = 8 * 1024 * 1024
export const NESTING_MAX = 64

/** What a message may have read beyond a multiple of its size, and that multiple. */
const WORDS_FOR_ANY_MESSAGE = 1024
const TIMES_OVER = 8

const STRUCT = 0
const LIST = 1
const FAR = 2

/** The codes of element sizes in list pointers. */
export const ElementSize = { void: 0, bit: 1, byte: 2, pointer: 6, composite: 7 } as const
/** In bytes, by code. Bits are counted apart. */
const ELEMENT_BYTES = [0, 0, 1, 2, 4, 8, 8, 0] as const

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const SHORT_TEXT_MAX = 48

export class Source {
  readonly bytes: Uint8Array
  readonly view: DataView
  readonly #starts: number[]
  readonly #ends: number[]
  readonly #depthMax: number
  #wordsLeft: number
  #elementsLeft: number
  #depth = 0

  // What the last follow() came to.
  segment = 0
  /** The first byte of a struct's data section, or of a list's elements. */
  at = 0
  #kind = 0
  #high = 0

  // What the last enterStruct() or enterList() found at `at`. A pointer section begins where its
  // data section ends.
  dataEnd = 0
  pointersEnd = 0
  count = 0
  elementSize = 0
  /** Of one element: in a struct its data section and pointers, otherwise the value. */
  elementDataBytes = 0
  elementBytes = 0

  constructor(bytes: Uint8Array, segments: Segments, limits: ReadLimits) {
    this.bytes = bytes
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#starts = segments.starts
    this.#ends = segments.ends
    const wordsMax = limits.traversalWordsMax ?? TRAVERSAL_WORDS_MAX
    const words = bytes.length / WORD
    this.#wordsLeft = Math.min(wordsMax, WORDS_FOR_ANY_MESSAGE + TIMES_OVER * words)
    this.#elementsLeft = wordsMax
    this.#depthMax = limits.nestingMax ?? NESTING_MAX
  }

  /** Where the root pointer is. */
  root(): number {
    const at = this.#starts[0]
    if (at + WORD > this.#ends[0]) malformed('has no root pointer')
    return at
  }

  /** Takes the pointer at byte `at` of `segment`, over far pointers; false for a null pointer. */
  follow(segment: number, at: number): boolean {
    const low = this.view.getInt32(at, true)
    const high = this.view.getUint32(at + 4, true)
    if (low === 0 && high === 0) return false
    if ((low & 3) === FAR) {
      this.#followFar(low, high)
    } else {
      this.segment = segment
      this.at = at + WORD + (low >> 2) * WORD
      this.#kind = low & 3
      this.#high = high
    }
    return true
  }

  #landing(segment: number, low: number, words: number): number {
    if (segment >= this.#starts.length) malformed('points into a segment that it does not have')
    const at = this.#starts[segment] + (low >>> 3) * WORD
    if (at + words * WORD > this.#ends[segment]) malformed('points beyond a segment')
    return at
  }

  #followFar(low: number, high: number): void {
    this.#charge(1)
    const double = (low & 4) !== 0
    const pad = this.#landing(high, low, double ? 2 : 1)
    const padLow = this.view.getInt32(pad, true)
    const padHigh = this.view.getUint32(pad + 4, true)
    if (!double) {
      if ((padLow & 3) === FAR) malformed('has a far pointer that leads to another')
      this.segment = high
      this.at = pad + WORD + (padLow >> 2) * WORD
      this.#kind = padLow & 3
      this.#high = padHigh
      return
    }
    if ((padLow & 7) !== FAR) malformed('has a double-far pointer without a landing pad')
    this.at = this.#landing(padHigh, padLow, 0)
    this.segment = padHigh
    const tagLow = this.view.getInt32(pad + WORD, true)
    if ((tagLow & 3) === FAR) malformed('has a far pointer that leads to another')
    this.#kind = tagLow & 3
    this.#high = this.view.getUint32(pad + WORD + 4, true)
  }

  /** What was followed is a struct. */
  enterStruct(): void {
    if (this.#kind !== STRUCT) this.#unexpected('a struct')
    const high = this.#high
    this.dataEnd = this.at + (high & 0xffff) * WORD
    this.pointersEnd = this.dataEnd + (high >>> 16) * WORD
    this.#checkBounds(this.pointersEnd)
    this.#charge((this.pointersEnd - this.at) / WORD)
    this.#descend()
  }

  /** What was followed is a list. */
  enterList(): void {
    this.#list()
    const words = (this.dataEnd - this.at) / WORD
    if (this.elementSize === ElementSize.composite) this.#enterComposite()
    // Lists whose elements take no room would be endless work for a few bytes.
    const nothing = this.elementBytes === 0 && this.elementSize !== ElementSize.bit
    this.#charge(nothing ? words + this.count : words)
    this.#elementsLeft -= this.count
    if (this.#elementsLeft < 0) malformed('takes more reading than the traversal limit allows')
    this.#descend()
  }

  #list(): void {
    if (this.#kind !== LIST) this.#unexpected('a list')
    const high = this.#high
    const size = high & 7
    const count = high >>> 3
    this.elementSize = size
    this.count = count
    this.elementBytes = ELEMENT_BYTES[size]
    this.elementDataBytes = size === ElementSize.pointer ? 0 : this.elementBytes
    let bytes = count * this.elementBytes
    if (size === ElementSize.bit) bytes = (count + 7) >>> 3
    else if (size === ElementSize.composite) bytes = (count + 1) * WORD
    this.dataEnd = this.at + Math.ceil(bytes / WORD) * WORD
    this.#checkBounds(this.dataEnd)
  }

  // Its first word says what the elements are.
  #enterComposite(): void {
    const bytes = this.count * WORD
    const low = this.view.getUint32(this.at, true)
    const high = this.view.getUint32(this.at + 4, true)
    if ((low & 3) !== STRUCT) malformed('has a list of neither structs nor values')
    this.count = low >>> 2
    this.elementDataBytes = (high & 0xffff) * WORD
    this.elementBytes = this.elementDataBytes + (high >>> 16) * WORD
    if (this.count * this.elementBytes > bytes) {
      malformed('has a list of more elements than it has room for')
    }
    this.at += WORD
  }

  /** What was followed is a blob, called `what` in messages: where it ends. It begins `at`. */
  #enterBytes(what: string): number {
    const high = this.#high
    if (this.#kind !== LIST || (high & 7) !== ElementSize.byte) this.#unexpected(what)
    const count = high >>> 3
    const words = (count + WORD - 1) >>> 3
    this.#checkBounds(this.at + words * WORD)
    this.#charge(words)
    return this.at + count
  }

  /** What was followed, as text. */
  text(): string {
    const { at, bytes } = this
    const end = this.#enterBytes('text') - 1
    if (end < at || bytes[end] !== 0) malformed('has text that no NUL ends')
    if (end - at <= SHORT_TEXT_MAX) {
      const text = shortAscii(bytes, at, end)
      if (text !== undefined) return text
    }
    try {
      return decoder.decode(bytes.subarray(at, end))
    } catch {
      return malformed('has text that is not UTF-8')
    }
  }

  /** What was followed, as bytes: a copy. */
  data(): Uint8Array {
    const end = this.#enterBytes('data')
    return new Uint8Array(this.bytes.subarray(this.at, end))
  }

  #checkBounds(end: number): void {
    const { segment } = this
    if (this.at < this.#starts[segment] || end > this.#ends[segment]) {
      malformed('points beyond a segment')
    }
  }

  #unexpected(what: string): never {
    if (this.#kind === LIST) malformed(`has another list where ${what} belongs`)
    if (this.#kind === STRUCT) malformed(`has a struct where ${what} belongs`)
    malformed('has a capability, which no message here can bear')
  }

  #charge(words: number): void {
    this.#wordsLeft -= words
    if (this.#wordsLeft < 0) malformed('takes more reading than the traversal limit allows')
  }

  /** leave() is its opposite. */
  #descend(): void {
    if (++this.#depth > this.#depthMax) malformed('lies deeper than the nesting limit allows')
  }
  leave(): void {
    this.#depth--
  }
}

/** Faster than a decoder, which is native, as long as it is short; undefined if it is not ASCII. */
function shortAscii(bytes: Uint8Array, from: number, to: number): string | undefined {
  let text = ''
  let at = from
  for (; at + 8 <= to; at += 8) {
    const a = bytes[at]
    const b = bytes[at + 1]
    const c = bytes[at + 2]
    const d = bytes[at + 3]
    const e = bytes[at + 4]
    const f = bytes[at + 5]
    const g = bytes[at + 6]
    const h = bytes[at + 7]
    if ((a | b | c | d | e | f | g | h) > 127) return undefined
    text += String.fromCharCode(a, b, c, d, e, f, g, h)
  }
  for (; at + 3 <= to; at += 3) {
    const a = bytes[at]
    const b = bytes[at + 1]
    const c = bytes[at + 2]
    if ((a | b | c) > 127) return undefined
    text += String.fromCharCode(a, b, c)
  }
  for (; at < to; at++) {
    const byte = bytes[at]
    if (byte > 127) return undefined
    text += String.fromCharCode(byte)
  }
  return text
}
