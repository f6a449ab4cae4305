// Reads and writes the scalars of Cap'n Proto: what of a struct lies in its data section, and what
// lists hold without pointers. Void and bools, which have no bytes of their own, are apart.

import type { ScalarKind, SlotDescription } from './description'
import { WORD, malformed } from './framing'
import { Source } from './source'

/** What 64-bit integers, bytes and NaN are: as JavaScript has them, or as JSON can say them. */
export type Form = 'bigint' | 'number' | 'json'

export type SizedKind = Exclude<ScalarKind, 'void' | 'bool'> | 'enum'
type Default = SlotDescription['default']
export type ReadScalar = (source: Source, at: number) => unknown

export const SCALAR_BYTES: Readonly<Record<SizedKind, number>> = {
  int8: 1,
  uint8: 1,
  int16: 2,
  uint16: 2,
  enum: 2,
  int32: 4,
  uint32: 4,
  float32: 4,
  int64: 8,
  uint64: 8,
  float64: 8,
}

type Raw<T> = (source: Source, at: number) => T
type SmallKind = Exclude<SizedKind, 'int64' | 'uint64' | 'float32' | 'float64'>

const SMALL: Readonly<Record<SmallKind, Raw<number>>> = {
  int8: (source, at) => source.view.getInt8(at),
  uint8: (source, at) => source.bytes[at],
  int16: (source, at) => source.view.getInt16(at, true),
  uint16: (source, at) => source.view.getUint16(at, true),
  enum: (source, at) => source.view.getUint16(at, true),
  int32: (source, at) => source.view.getInt32(at, true),
  uint32: (source, at) => source.view.getUint32(at, true),
}

/**
 * `fallback` is the field's default, with which the stored bits are XORed; null for elements.
 * `enumerants` belong to an enum.
 */
export function scalarReader(
  kind: SizedKind,
  form: Form,
  fallback: Default,
  enumerants: readonly string[],
): ReadScalar {
  switch (kind) {
    case 'int64':
    case 'uint64':
      return integer64(kind, form, BigInt(fallback ?? 0))
    case 'float32':
    case 'float64':
      return float(kind, form, fallback)
    case 'enum':
      return enumeration(Number(fallback), enumerants)
    default:
      return small(kind, Number(fallback))
  }
}

/** What `read` gives for the bits 0: the default. */
export function scalarDefault(read: ReadScalar): unknown {
  return read(new Source(new Uint8Array(WORD), { starts: [0], ends: [WORD], end: WORD }, {}), 0)
}

// XOR of numbers that are extended by their sign gives one that is.
function small(kind: SmallKind, fallback: number): ReadScalar {
  const raw = SMALL[kind]
  if (fallback === 0) return raw
  if (kind === 'uint32') return (source, at) => (raw(source, at) ^ fallback) >>> 0
  return (source, at) => raw(source, at) ^ fallback
}

function enumeration(fallback: number, enumerants: readonly string[]): ReadScalar {
  return (source, at) => {
    const number = source.view.getUint16(at, true) ^ fallback
    return number < enumerants.length ? enumerants[number] : number
  }
}

function integer64(kind: 'int64' | 'uint64', form: Form, fallback: bigint): ReadScalar {
  const plain: Raw<bigint> =
    kind === 'int64'
      ? (source, at) => source.view.getBigInt64(at, true)
      : (source, at) => source.view.getBigUint64(at, true)
  const raw: Raw<bigint> =
    fallback === 0n ? plain : (source, at) => plain(source, at) ^ fallback
  if (form === 'bigint') return raw
  if (form === 'json') return (source, at) => raw(source, at).toString()
  return (source, at) => {
    const value = Number(raw(source, at))
    if (Number.isSafeInteger(value)) return value
    return malformed(`is ${raw(source, at)}, no safe integer, which int64: 'number' asks for`)
  }
}

function float(kind: 'float32' | 'float64', form: Form, fallback: Default): ReadScalar {
  const plain: Raw<number> =
    kind === 'float32'
      ? (source, at) => source.view.getFloat32(at, true)
      : (source, at) => source.view.getFloat64(at, true)
  const raw = isPlusZero(fallback) ? plain : xored(kind, fallback)
  if (form !== 'json') return raw
  return (source, at) => {
    const value = raw(source, at)
    return Number.isFinite(value) ? value : String(value)
  }
}

function isPlusZero(fallback: Default): boolean {
  return fallback === null || Object.is(fallback, 0)
}

/** A view of the bits of a float's default. */
function floatBits(kind: 'float32' | 'float64', fallback: Default): DataView {
  const bits = new DataView(new ArrayBuffer(WORD))
  if (kind === 'float32') bits.setFloat32(0, Number(fallback), true)
  else bits.setFloat64(0, Number(fallback), true)
  return bits
}

function xored(kind: 'float32' | 'float64', fallback: Default): Raw<number> {
  const bits = floatBits(kind, fallback)
  const low = bits.getUint32(0, true)
  const high = bits.getUint32(4, true)
  const scratch = new DataView(new ArrayBuffer(WORD))
  return (source, at) => {
    scratch.setUint32(0, source.view.getUint32(at, true) ^ low, true)
    if (kind === 'float32') return scratch.getFloat32(0, true)
    scratch.setUint32(4, source.view.getUint32(at + 4, true) ^ high, true)
    return scratch.getFloat64(0, true)
  }
}

/** Where a scalar is written. */
export interface Target {
  readonly view: DataView
}
/** Writes it, or gives why it does not fit, as the end of a sentence. */
export type WriteScalar = (target: Target, at: number, value: unknown) => string | undefined

const RANGES: Readonly<Record<Exclude<SmallKind, 'enum'>, readonly [number, number]>> = {
  int8: [-128, 127],
  uint8: [0, 255],
  int16: [-32_768, 32_767],
  uint16: [0, 65_535],
  int32: [-2_147_483_648, 2_147_483_647],
  uint32: [0, 4_294_967_295],
}

type StoreSmall = (view: DataView, at: number, value: number) => void
const STORES: Readonly<Record<Exclude<SmallKind, 'enum'>, StoreSmall>> = {
  int8: (view, at, value) => view.setInt8(at, value),
  uint8: (view, at, value) => view.setUint8(at, value),
  int16: (view, at, value) => view.setInt16(at, value, true),
  uint16: (view, at, value) => view.setUint16(at, value, true),
  int32: (view, at, value) => view.setInt32(at, value, true),
  uint32: (view, at, value) => view.setUint32(at, value, true),
}

export function scalarWriter(
  kind: SizedKind,
  fallback: Default,
  enumerants: readonly string[],
): WriteScalar {
  switch (kind) {
    case 'int64':
    case 'uint64':
      return write64(kind, BigInt(fallback ?? 0))
    case 'float32':
    case 'float64':
      return writeFloat(kind, fallback)
    case 'enum':
      return writeEnumeration(Number(fallback), enumerants)
    default:
      return writeSmall(kind, Number(fallback))
  }
}

// JavaScript's numbers, and what JSON has where they do not suffice: bigints are integers of any
// kind, 64-bit integers may be text, and so may floats that are not finite.

function writeSmall(kind: Exclude<SmallKind, 'enum'>, fallback: number): WriteScalar {
  const [min, max] = RANGES[kind]
  const store = STORES[kind]
  return (target, at, given) => {
    const value = typeof given === 'bigint' ? Number(given) : given
    if (typeof value !== 'number' || !Number.isInteger(value)) return 'is not an integer'
    if (value < min || value > max) return `is out of the range of ${kind}`
    store(target.view, at, value ^ fallback)
    return undefined
  }
}

function writeEnumeration(fallback: number, enumerants: readonly string[]): WriteScalar {
  const numbers = new Map(enumerants.map((name, number) => [name, number]))
  return (target, at, value) => {
    const given = typeof value === 'bigint' ? Number(value) : value
    const number = typeof given === 'string' ? numbers.get(given) : given
    if (typeof number !== 'number' || !(number >= 0 && number <= 65_535 && number % 1 === 0)) {
      return `is none of ${enumerants.join(', ')}`
    }
    target.view.setUint16(at, number ^ fallback, true)
    return undefined
  }
}

const DECIMAL = /^-?\d{1,20}$/

function write64(kind: 'int64' | 'uint64', fallback: bigint): WriteScalar {
  const [min, max] = kind === 'int64' ? [-(2n ** 63n), 2n ** 63n - 1n] : [0n, 2n ** 64n - 1n]
  return (target, at, value) => {
    let integer: bigint
    if (typeof value === 'bigint') integer = value
    else if (Number.isSafeInteger(value)) integer = BigInt(value as number)
    else if (typeof value === 'string' && DECIMAL.test(value)) integer = BigInt(value)
    else return 'is neither a bigint nor a safe integer'
    if (integer < min || integer > max) return `is out of the range of ${kind}`
    target.view.setBigInt64(at, integer ^ fallback, true)
    return undefined
  }
}

const NOT_FINITE: ReadonlyMap<unknown, number> = new Map([
  ['NaN', NaN],
  ['Infinity', Infinity],
  ['-Infinity', -Infinity],
])

function writeFloat(kind: 'float32' | 'float64', fallback: Default): WriteScalar {
  const bits = floatBits(kind, fallback)
  const low = bits.getUint32(0, true)
  const high = bits.getUint32(4, true)
  const plain = isPlusZero(fallback)
  return ({ view }, at, given) => {
    const value = typeof given === 'number' ? given : floatOf(given)
    if (value === undefined) return 'is not a number'
    if (kind === 'float64') view.setFloat64(at, value, true)
    else if (Number.isFinite(value) && Math.abs(value) > FLOAT32_MAX) {
      return 'is out of the range of float32'
    } else view.setFloat32(at, value, true)
    if (plain) return undefined
    view.setUint32(at, view.getUint32(at, true) ^ low, true)
    if (kind === 'float64') view.setUint32(at + 4, view.getUint32(at + 4, true) ^ high, true)
    return undefined
  }
}

const FLOAT32_MAX = 3.4028234663852886e38

function floatOf(value: unknown): number | undefined {
  return typeof value === 'bigint' ? Number(value) : NOT_FINITE.get(value)
}
