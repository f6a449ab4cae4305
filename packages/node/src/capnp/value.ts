// Values without a schema of their own, as schemas/value.capnp lays them out. What it says is
// written down here as numbers, so that no file is needed; a test compares them.

import { types } from 'node:util'

import { isOpaque } from '../opaque'
import { WORD, malformed } from './framing'
import { type MessageLimits, readMessage, writeMessage } from './message'
import { Misfit } from './misfit'
import { put } from './readers'
import type { Sink } from './sink'
import { ElementSize, NESTING_MAX, type Source } from './source'

/** The members of the union, by discriminant. */
const Member = {
  null: 0,
  bool: 1,
  int64: 2,
  uint64: 3,
  float64: 4,
  text: 5,
  data: 6,
  list: 7,
  map: 8,
} as const
const DATA_WORDS = 2
/** The name in a map, then what a list or a map, text or data is. */
const POINTERS = 2
const VALUE_BYTES = (DATA_WORDS + POINTERS) * WORD
const BOOL_BYTE = 2
const NUMBER_AT = WORD
const NAME_AT = DATA_WORDS * WORD
const POINTER_AT = NAME_AT + WORD

const INT64_MIN = -(2n ** 63n)
const INT64_END = 2n ** 63n
const UINT64_END = 2n ** 64n

/**
 * `value` as a message of schemas/value.capnp. A number that is a safe integer is an integer, a
 * Date RFC 3339 text; members that are undefined are left out.
 *
 * @throws TidewireError invalid_argument, with the path, for functions, symbols, larger bigints,
 *   Map, Set, cycles, and text that is not Unicode.
 */
export function encodeMessage(value: unknown): Uint8Array {
  return writeMessage(writeRoot, value)
}

/**
 * The value of such a message. Integers are numbers if they are safe, else bigints; maps are plain
 * objects.
 *
 * @throws TidewireError invalid_data for what is none, or over a limit.
 */
export function decodeMessage(message: Uint8Array, limits?: MessageLimits): unknown {
  return readMessage(readRoot, message, limits)
}

function writeRoot(sink: Sink, value: unknown, at: number): void {
  sink.descend(NESTING_MAX)
  writeValue(sink, value, sink.struct(at, DATA_WORDS, POINTERS))
  sink.leave()
}

function writeValue(sink: Sink, given: unknown, at: number): void {
  const value = converted(given)
  switch (typeof value) {
    case 'string':
      sink.view.setUint16(at, Member.text, true)
      sink.text(at + POINTER_AT, value)
      return
    case 'number':
      writeNumber(sink, value, at)
      return
    case 'boolean':
      sink.view.setUint16(at, Member.bool, true)
      if (value) sink.bytes[at + BOOL_BYTE] = 1
      return
    case 'bigint':
      writeInteger(sink, value, at)
      return
    case 'undefined':
      return
    case 'object':
      if (value !== null) writeObject(sink, value, at)
      return
    default:
      throw new Misfit(`is a ${typeof value}`)
  }
}

function converted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (types.isDate(value)) {
    const year = value.getUTCFullYear()
    if (!(year >= 0 && year <= 9999)) throw new Misfit('is a Date beyond the years of RFC 3339')
    return value.toISOString()
  }
  const { toJSON } = value as { toJSON?: unknown }
  // Buffers have one, and are bytes.
  if (typeof toJSON === 'function' && !types.isUint8Array(value)) {
    return toJSON.call(value, '') as unknown
  }
  return types.isBoxedPrimitive(value) ? value.valueOf() : value
}

function writeNumber(sink: Sink, value: number, at: number): void {
  if (Number.isSafeInteger(value) && !Object.is(value, -0)) {
    sink.view.setUint16(at, Member.int64, true)
    sink.view.setBigInt64(at + NUMBER_AT, BigInt(value), true)
  } else {
    sink.view.setUint16(at, Member.float64, true)
    sink.view.setFloat64(at + NUMBER_AT, value, true)
  }
}

function writeInteger(sink: Sink, value: bigint, at: number): void {
  if (value < INT64_MIN || value >= UINT64_END) throw new Misfit('is an integer beyond 64 bits')
  sink.view.setUint16(at, value < INT64_END ? Member.int64 : Member.uint64, true)
  sink.view.setBigInt64(at + NUMBER_AT, value, true)
}

function writeObject(sink: Sink, value: object, at: number): void {
  if (types.isUint8Array(value)) {
    sink.view.setUint16(at, Member.data, true)
    sink.data(at + POINTER_AT, value)
    return
  }
  sink.descend(NESTING_MAX)
  if (Array.isArray(value)) writeList(sink, value, at)
  else writeMap(sink, value as Record<string, unknown>, at)
  sink.leave()
}

function writeList(sink: Sink, list: unknown[], at: number): void {
  sink.view.setUint16(at, Member.list, true)
  const count = list.length
  let target = sink.structs(at + POINTER_AT, DATA_WORDS, POINTERS, count)
  for (let index = 0; index < count; index++, target += VALUE_BYTES) {
    try {
      writeValue(sink, list[index], target)
    } catch (error) {
      throw Misfit.within(index, error)
    }
  }
}

function writeMap(sink: Sink, map: Record<string, unknown>, at: number): void {
  refuseOpaque(map)
  sink.view.setUint16(at, Member.map, true)
  const keys = Object.keys(map).filter((key) => map[key] !== undefined)
  let target = sink.structs(at + POINTER_AT, DATA_WORDS, POINTERS, keys.length)
  for (const key of keys) {
    try {
      sink.text(target + NAME_AT, key)
      writeValue(sink, map[key], target)
    } catch (error) {
      throw Misfit.within(key, error)
    }
    target += VALUE_BYTES
  }
}

function refuseOpaque(value: object): void {
  if (ArrayBuffer.isView(value) || types.isAnyArrayBuffer(value) || isOpaque(value)) {
    throw new Misfit(`is a ${value.constructor?.name ?? 'thing'}`)
  }
}

function readRoot(source: Source): unknown {
  if (!source.follow(0, source.root())) return null
  source.enterStruct()
  return readValue(source, source.segment, source.at, source.dataEnd, source.pointersEnd)
}

function readValue(
  source: Source,
  segment: number,
  at: number,
  dataEnd: number,
  pointersEnd: number,
): unknown {
  const which = at + 2 <= dataEnd ? source.view.getUint16(at, true) : Member.null
  switch (which) {
    case Member.null:
      return null
    case Member.bool:
      return at + BOOL_BYTE < dataEnd && (source.bytes[at + BOOL_BYTE] & 1) !== 0
    case Member.int64:
    case Member.uint64:
    case Member.float64:
      return at + NUMBER_AT + WORD <= dataEnd ? readNumber(source, which, at + NUMBER_AT) : 0
    case Member.text:
    case Member.data:
    case Member.list:
    case Member.map: {
      const pointer = dataEnd + WORD
      const there = pointer < pointersEnd && source.follow(segment, pointer)
      return there ? readContent(source, which) : EMPTY[which]()
    }
    default:
      return malformed('is of a kind that this version does not know')
  }
}

const EMPTY = {
  [Member.text]: (): unknown => '',
  [Member.data]: (): unknown => new Uint8Array(),
  [Member.list]: (): unknown => [],
  [Member.map]: (): unknown => ({}),
}

function readNumber(source: Source, which: number, at: number): number | bigint {
  if (which === Member.float64) return source.view.getFloat64(at, true)
  const { view } = source
  const integer = which === Member.int64 ? view.getBigInt64(at, true) : view.getBigUint64(at, true)
  const number = Number(integer)
  return Number.isSafeInteger(number) ? number : integer
}

function readContent(source: Source, which: keyof typeof EMPTY): unknown {
  if (which === Member.text) return source.text()
  if (which === Member.data) return source.data()
  source.enterList()
  if (source.elementSize === ElementSize.bit) malformed('has a list of another type')
  const value = which === Member.list ? readList(source) : readMap(source)
  source.leave()
  return value
}

function readList(source: Source): unknown[] {
  const { count, segment, elementBytes, elementDataBytes } = source
  let { at } = source
  const list = new Array<unknown>(count)
  let index = 0
  try {
    for (; index < count; index++, at += elementBytes) {
      list[index] = readValue(source, segment, at, at + elementDataBytes, at + elementBytes)
    }
  } catch (error) {
    throw Misfit.within(index, error)
  }
  return list
}

function readMap(source: Source): unknown {
  const { count, segment, elementBytes, elementDataBytes } = source
  let { at } = source
  const map: Record<string, unknown> = {}
  for (let index = 0; index < count; index++, at += elementBytes) {
    const dataEnd = at + elementDataBytes
    const end = at + elementBytes
    const name = dataEnd < end && source.follow(segment, dataEnd) ? source.text() : ''
    try {
      put(map, name, readValue(source, segment, at, dataEnd, end))
    } catch (error) {
      throw Misfit.within(name, error)
    }
  }
  return map
}
