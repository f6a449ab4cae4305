// Writes a message of one segment. Messages are written where they stay: into chunks of zeroed
// memory that several share, as Buffers do; what outgrows its chunk gets memory of its own.

import { markAsUntransferable } from 'node:worker_threads'

import { TidewireError } from '../errors'
import { WORD } from './framing'
import { Misfit } from './misfit'

const CHUNK_BYTES = 8 * 1024
/** No message is begun in a chunk that has less left. */
const BEGIN_BYTES = 1024
/** Pointers reach further, but positions here are 31-bit integers. */
const MESSAGE_BYTES_MAX = 2 ** 30
const BLOB_BYTES_MAX = 2 ** 29 - 1
const SHORT_TEXT_MAX = 64
const LONE_SURROGATE = /\p{Surrogate}/u

/** Of a list of structs. */
const COMPOSITE = 7
const BYTE_SIZE = 2

export class Sink {
  bytes!: Uint8Array
  view!: DataView
  /** The same as `bytes`; the types of a package must not need those of node. */
  #buffer!: Buffer
  /** Where the message begins and ends. It begins with its segment table, one word. */
  #start = 0
  #end = 0
  #depth = 0
  #chunk = true

  constructor() {
    this.#newChunk()
  }

  #newChunk(): void {
    const chunk = new ArrayBuffer(CHUNK_BYTES)
    markAsUntransferable(chunk)
    this.#use(chunk)
    this.#end = 0
    this.#chunk = true
  }

  #use(memory: ArrayBuffer): void {
    this.#buffer = Buffer.from(memory)
    this.bytes = this.#buffer
    this.view = new DataView(memory)
  }

  /** Begins a message, with its segment table, and gives where its root pointer is. */
  begin(): number {
    if (!this.#chunk || this.bytes.length - this.#end < BEGIN_BYTES) this.#newChunk()
    this.#depth = 0
    this.#start = this.#end
    this.allocate(2)
    return this.#start + WORD
  }

  /** The message, whose memory is not written again. */
  finish(): Uint8Array {
    const length = this.#end - this.#start
    this.view.setUint32(this.#start + 4, length / WORD - 1, true)
    if (this.#chunk) return new Uint8Array(this.bytes.buffer, this.#start, length)
    return new Uint8Array(this.bytes.subarray(this.#start, this.#end))
  }

  /** Gives up what was begun. */
  abandon(): void {
    this.bytes.fill(0, this.#start, this.#end)
    this.#end = this.#start
  }

  /** The first byte of so many words, all 0. */
  allocate(words: number): number {
    const at = this.#end
    const end = at + words * WORD
    if (end > this.bytes.length) this.#grow(end)
    this.#end = end
    return at
  }

  #grow(end: number): void {
    if (end - this.#start > MESSAGE_BYTES_MAX) {
      throw new TidewireError('payload_too_large', "a Cap'n Proto message is over 1 GiB")
    }
    const old = this.bytes
    // What is written keeps its place, since those who write it know that.
    this.#use(new ArrayBuffer(Math.max(end, old.length * 2)))
    this.bytes.set(old.subarray(this.#start, this.#end), this.#start)
    this.#chunk = false
  }

  /** Once per pointer that leads to more of them; leave() is its opposite. */
  descend(depthMax: number): void {
    if (++this.#depth > depthMax) throw new Misfit('lies deeper than the nesting limit allows')
  }
  leave(): void {
    this.#depth--
  }

  /** Points from `at` to a struct, and gives where that begins. */
  struct(at: number, dataWords: number, pointerCount: number): number {
    const target = this.allocate(dataWords + pointerCount)
    // An empty struct lies before its pointer, so that this is no null pointer.
    const low = dataWords + pointerCount === 0 ? -4 : (target - at - WORD) >> 1
    this.view.setInt32(at, low, true)
    this.view.setUint32(at + 4, dataWords | (pointerCount << 16), true)
    return target
  }

  /** Points from `at` to a list of elements of `bits`, which `size` stands for. */
  list(at: number, size: number, bits: number, count: number): number {
    if (count > BLOB_BYTES_MAX) throw new Misfit('is a list of over 2^29 - 1 elements')
    const target = this.allocate(Math.ceil((count * bits) / 64))
    this.#pointToList(at, target, size, count)
    return target
  }

  /** The same to a list of structs: their tag, then the first of them. */
  structs(at: number, dataWords: number, pointerCount: number, count: number): number {
    const words = count * (dataWords + pointerCount)
    if (words > BLOB_BYTES_MAX) throw new Misfit('is a list of over 2^29 - 1 words')
    const target = this.allocate(words + 1)
    this.#pointToList(at, target, COMPOSITE, words)
    this.view.setUint32(target, count << 2, true)
    this.view.setUint32(target + 4, dataWords | (pointerCount << 16), true)
    return target + WORD
  }

  #pointToList(at: number, target: number, size: number, count: number): void {
    this.view.setInt32(at, ((target - at - WORD) >> 1) | 1, true)
    this.view.setUint32(at + 4, (count << 3) | size, true)
  }

  data(at: number, data: Uint8Array): void {
    const target = this.list(at, BYTE_SIZE, 8, data.length)
    this.bytes.set(data, target)
  }

  text(at: number, text: string): void {
    const { length } = text
    if (length > SHORT_TEXT_MAX || !this.#shortAscii(at, text)) this.#longText(at, text)
  }

  /** Faster than an encoder, which is native, as long as it is short; false if it is not ASCII. */
  #shortAscii(at: number, text: string): boolean {
    const { length } = text
    const target = this.allocate((length + WORD) >>> 3)
    const { bytes } = this
    for (let index = 0; index < length; index++) {
      const code = text.charCodeAt(index)
      if (code > 127) {
        bytes.fill(0, target, target + index)
        this.#end = target
        return false
      }
      bytes[target + index] = code
    }
    this.#pointToList(at, target, BYTE_SIZE, length + 1)
    return true
  }

  #longText(at: number, text: string): void {
    if (LONE_SURROGATE.test(text)) throw new Misfit('is text that is not Unicode')
    const length = Buffer.byteLength(text)
    const target = this.list(at, BYTE_SIZE, 8, length + 1)
    this.#buffer.write(text, target, length, 'utf8')
  }
}
