// What holds for every message: it survives the way there and back, here and by the capnp tool, and
// bytes that are cut or changed are an object or an error, with bounded work.

import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import * as fc from 'fast-check'
import {
  TidewireError,
  decodeMessage,
  encodeMessage,
  loadSchema,
  packMessage,
  unpackMessage,
} from 'tidewire'

const FILE = join(__dirname, '..', 'conformance', 'data', 'all_types.capnp')
const allTypes = loadSchema(FILE).type<Record<string, unknown>>('AllTypes')

const text = fc.string({ unit: 'binary', maxLength: 100 })
const data = fc.uint8Array({ maxLength: 40 })
const letter = fc.oneof(
  fc.constantFrom('foo', 'bar', 'baz', 'qux', 'quux', 'corge', 'grault', 'garply'),
  fc.integer({ min: 8, max: 65_535 }),
)
const float = fc.float()
const signed = (bits: number): fc.Arbitrary<number> =>
  fc.integer({ min: -(2 ** (bits - 1)), max: 2 ** (bits - 1) - 1 })
const unsigned = (bits: number): fc.Arbitrary<number> => fc.integer({ min: 0, max: 2 ** bits - 1 })
const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
const uint64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })
const list = <T>(one: fc.Arbitrary<T>): fc.Arbitrary<T[]> => fc.array(one, { maxLength: 9 })

/** Objects with others inside of them, so many levels deep. */
function treeOf(levels: number): fc.Arbitrary<Record<string, unknown>> {
  const inner = levels === 0 ? fc.constant(null) : fc.option(treeOf(levels - 1))
  const inners =
    levels === 0 ? fc.constant([]) : fc.array(treeOf(levels - 1), { maxLength: 2 })
  return fc.record(
    {
      voidField: fc.constant(null),
      boolField: fc.boolean(),
      int8Field: signed(8),
      int16Field: signed(16),
      int32Field: signed(32),
      int64Field: int64,
      uInt8Field: unsigned(8),
      uInt16Field: unsigned(16),
      uInt32Field: unsigned(32),
      uInt64Field: uint64,
      float32Field: float,
      float64Field: fc.double(),
      textField: text,
      dataField: data,
      structField: inner,
      enumField: letter,
      interfaceField: fc.constant(null),
      voidList: list(fc.constant(null)),
      boolList: list(fc.boolean()),
      int8List: list(signed(8)),
      int16List: list(signed(16)),
      int32List: list(signed(32)),
      int64List: list(int64),
      uInt8List: list(unsigned(8)),
      uInt16List: list(unsigned(16)),
      uInt32List: list(unsigned(32)),
      uInt64List: list(uint64),
      float32List: list(float),
      float64List: list(fc.double()),
      textList: list(text),
      dataList: list(data),
      structList: inners,
      enumList: list(letter),
      interfaceList: list(fc.constant(null)),
    },
    { noNullPrototype: true },
  )
}
const tree = treeOf(2)

const value = fc.letrec((tie) => ({
  any: fc.oneof(
    { depthSize: 'small', withCrossShrink: true, maxDepth: 6 },
    fc.constant(null),
    fc.boolean(),
    fc.double(),
    fc.maxSafeInteger(),
    uint64.filter((one) => one > 2n ** 53n),
    int64.filter((one) => one < -(2n ** 53n)),
    text,
    data,
    fc.array(tie('any'), { maxLength: 5 }),
    fc.dictionary(fc.oneof(text, fc.constantFrom('__proto__', 'constructor')), tie('any'), {
      maxKeys: 5,
      noNullPrototype: true,
    }),
  ),
})).any

test('an object is the same after a message', () => {
  fc.assert(
    fc.property(tree, (object) => {
      const message = allTypes.encode(object)
      expect(allTypes.decode(message)).toEqual(object)
      expect(unpackMessage(packMessage(message))).toEqual(message)
    }),
    { numRuns: 60 },
  )
})

test('so it is after the tool has read and written the message', () => {
  fc.assert(
    fc.property(tree, (object) => {
      const args = ['convert', 'binary:packed', FILE, 'AllTypes']
      const packed = execFileSync('capnp', args, { input: allTypes.encode(object) })
      expect(allTypes.decode(unpackMessage(packed))).toEqual(object)
    }),
    { numRuns: 20 },
  )
})

test('a value without a schema is the same after a message', () => {
  fc.assert(
    fc.property(value, (one) => {
      expect(decodeMessage(encodeMessage(one))).toEqual(one)
    }),
    { numRuns: 300 },
  )
})

/** Runs it; nothing but an error of ours may come of bytes. */
function survives(run: () => unknown): void {
  try {
    run()
  } catch (error) {
    expect(error).toBeInstanceOf(TidewireError)
    expect((error as TidewireError).code).toBe('invalid_data')
  }
}

const damage: fc.Arbitrary<Damage> = fc.record({
  cut: fc.option(fc.nat()),
  changes: fc.array(fc.record({ at: fc.nat(), byte: fc.integer({ min: 0, max: 255 }) }), {
    maxLength: 12,
  }),
})

interface Damage {
  cut: number | null
  changes: { at: number; byte: number }[]
}

function damaged(message: Uint8Array, { cut, changes }: Damage): Uint8Array {
  const bytes = new Uint8Array(message)
  for (const { at, byte } of changes) bytes[at % bytes.length] = byte
  return cut === null ? bytes : bytes.subarray(0, cut % bytes.length)
}

test('damaged messages are objects or errors', () => {
  fc.assert(
    fc.property(tree, value, damage, (object, one, how) => {
      const message = allTypes.encode(object)
      survives(() => allTypes.decode(damaged(message, how)))
      survives(() => unpackMessage(damaged(packMessage(message), how)))
      survives(() => decodeMessage(damaged(encodeMessage(one), how)))
    }),
    { numRuns: 300 },
  )
})

test('so is noise', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (noise) => {
      survives(() => allTypes.decode(noise))
      survives(() => decodeMessage(noise))
      survives(() => unpackMessage(noise))
    }),
    { numRuns: 300 },
  )
})
