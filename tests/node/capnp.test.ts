// Types of Cap'n Proto schemas: what becomes of which value, against the capnp tool both ways.

import { execFileSync } from 'node:child_process'
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { type Type, loadSchema, packMessage, parseSchema, unpackMessage } from 'tidewire'

import { failure } from './support'

const DATA = join(__dirname, '..', 'conformance', 'data')
const SHAPES = join(__dirname, 'schemas', 'shapes.capnp')
const ALL_TYPES = join(DATA, 'all_types.capnp')

type Members = Record<string, unknown>

const shapes = loadSchema(SHAPES)
const shape = (name: string): Type<Members> => shapes.type<Members>(name)
const allTypes = loadSchema(ALL_TYPES).type<Members>('AllTypes')

/** What the tool makes of a text. */
function written(schema: string, type: string, text: string, form = 'binary'): Uint8Array {
  return execFileSync('capnp', ['convert', `text:${form}`, schema, type], { input: text })
}

/** What the tool reads, in its one line. */
function read(schema: string, type: string, message: Uint8Array, form = 'binary'): string {
  const args = ['convert', `${form}:text`, '--short', schema, type]
  return execFileSync('capnp', args, { input: message }).toString().trim()
}

function encoding(name: string): Buffer {
  return readFileSync(join(DATA, 'capnp_encodings', name))
}

/** Bytes without a segment table, with one. */
function framed(flat: Uint8Array): Uint8Array {
  const message = new Uint8Array(8 + flat.length)
  new DataView(message.buffer).setUint32(4, flat.length / 8, true)
  message.set(flat, 8)
  return message
}

describe('one message in six encodings', () => {
  const object = allTypes.decode(encoding('binary'))

  test.each([
    ['flat', () => framed(encoding('flat'))],
    ['segmented', () => encoding('segmented')],
    ['packed', () => unpackMessage(encoding('packed'))],
    ['packedflat', () => framed(unpackMessage(encoding('packedflat')))],
    ['segmented-packed', () => unpackMessage(encoding('segmented-packed'))],
  ])('%s gives the same object', (_, message) => {
    expect(allTypes.decode(message())).toEqual(object)
  })

  test('is the object that its JSON says', () => {
    const json = JSON.parse(encoding('pretty.json').toString()) as Members
    expect(object['int32List']).toEqual(json['int32List'])
    expect(object['textList']).toEqual(json['textList'])
    expect(object['structList']).toHaveLength((json['structList'] as unknown[]).length)
    expect(object).toMatchObject({
      int64Field: -123456789012345n,
      uInt64Field: 12345678901234567890n,
      dataField: new Uint8Array(Buffer.from('bar')),
      enumField: 'corge',
      float64List: [7777.75, Infinity, -Infinity, NaN],
    })
  })

  test('is packed as the tool packs it', () => {
    expect(packMessage(encoding('binary'))).toEqual(new Uint8Array(encoding('packed')))
  })
})

describe('hostile messages', () => {
  const folder = join(DATA, 'capnp_hostile')

  test.each(readdirSync(folder))('%s is invalid_data', async (name) => {
    const message = readFileSync(join(folder, name))
    expect((await failure(() => allTypes.decode(message))).code).toBe('invalid_data')
  })

  test('a pointer to the struct that it is in ends at the nesting limit', async () => {
    const message = framed(new Uint8Array(24))
    // The root has two pointers, both to itself.
    message.set([0, 0, 0, 0, 0, 0, 2, 0], 8)
    message.set([0xfc, 0xff, 0xff, 0xff, 0, 0, 2, 0], 16)
    message.set([0xf8, 0xff, 0xff, 0xff, 0, 0, 2, 0], 24)
    const error = await failure(() => shape('Tree').decode(message))
    expect(error.code).toBe('invalid_data')
    expect(error.message).toContain('nesting limit')
    expect(error.message).toContain('$.left.left.left')
  })

  test('pointers that meet again and again end at the traversal limit', async () => {
    // Thirty structs, each of whose two pointers lead to the next: 2^30 paths.
    const levels = 30
    const flat = new Uint8Array((1 + 2 * levels) * 8)
    const view = new DataView(flat.buffer)
    const point = (at: number, words: number): void => {
      view.setInt32(at * 8, words << 2, true)
      view.setUint32(at * 8 + 4, 2 << 16, true)
    }
    point(0, 0)
    for (let level = 0; level < levels - 1; level++) {
      point(1 + 2 * level, 1)
      point(2 + 2 * level, 0)
    }
    const error = await failure(() => shape('Tree').decode(framed(flat)))
    expect(error.message).toContain('traversal limit')
  })

  test('what a packed message claims is not allocated', async () => {
    const bomb = new Uint8Array(40_000).fill(0)
    for (let at = 1; at < bomb.length; at += 2) bomb[at] = 0xff
    const error = await failure(() => unpackMessage(bomb))
    expect(error.message).toContain('longer than it may be')
  })

  test('limits are options', async () => {
    const message = shape('Nested').encode({ lists: [[[1]]] })
    const deep = await failure(() => shape('Nested').decode(message, { nestingMax: 3 }))
    expect(deep.message).toContain('$.lists[0][0] lies deeper')
    expect(shape('Nested').decode(message, { nestingMax: 4 })['lists']).toEqual([[[1]]])
    const wide = await failure(() => shape('Nested').decode(message, { traversalWordsMax: 2 }))
    expect(wide.message).toContain('traversal limit')
    const wrong = await failure(() => shape('Nested').decode(message, { nestingMax: 0 }))
    expect(wrong.code).toBe('invalid_argument')
  })
})

describe('against the capnp tool', () => {
  test.each([
    ['Shape', '(name = "a", circle = 1.5, fill = (color = 255))'],
    ['Shape', '(name = "b", polygon = [(x = 1, y = 2), (x = -1, y = inf)], fill = (none = void))'],
    ['Shape', '(label = (text = "ü€😀", size = 3), fill = (none = void))'],
    ['Nested', '(lists = [[[1, -2], []], []], shapes = [[(circle = 0, fill = (none = void))]])'],
    ['Tree', '(left = (more = [(), (right = ())]))'],
    ['Names', '(constructor = 1, toString = "x", hasOwnProperty = true, valueOf = ())'],
    ['Defaults', '(boolField = false, notANumber = 1, textField = "", enumField = foo)'],
  ])('%s %s is read, written, and read by the tool', (type, text) => {
    const message = written(SHAPES, type, text)
    const object = shape(type).decode(message)
    const again = shape(type).encode(object)
    expect(shape(type).decode(again)).toEqual(object)
    // Structs and lists that were null pointers may have become empty ones: so has the tool's form.
    expect(shape(type).decode(written(SHAPES, type, read(SHAPES, type, again)))).toEqual(object)
  })

  test('what is written packed is read by the tool', () => {
    const packed = shape('Shape').encode({ name: 'a', circle: 1 }, { packed: true })
    expect(shape('Shape').decode(packed, { packed: true })).toMatchObject({ circle: 1 })
    expect(read(SHAPES, 'Shape', packed, 'packed')).toContain('name = "a", circle = 1')
  })
})

describe('types', () => {
  test('defaults are written down and read', () => {
    const object = shape('Defaults').decode(shape('Defaults').encode({}))
    expect(object).toEqual({
      boolField: true,
      int8Field: -123,
      int16Field: -12345,
      int32Field: -12345678,
      int64Field: -123456789012345n,
      uInt8Field: 234,
      uInt16Field: 45678,
      uInt32Field: 3456789012,
      uInt64Field: 12345678901234567890n,
      float32Field: 1234.5,
      float64Field: -1.23e47,
      notANumber: NaN,
      enumField: 'corge',
      textField: 'hey',
      dataField: new Uint8Array([1, 2, 255]),
      listField: [1, -2],
      structField: { number: 3, inner: null },
    })
    expect(shape('Defaults').decode(shape('Defaults').encode(object))).toEqual(object)
    const zeros = { int64Field: 0n, float64Field: 0, boolField: false, enumField: 0 }
    expect(shape('Defaults').decode(shape('Defaults').encode(zeros))).toMatchObject({
      int64Field: 0n,
      float64Field: 0,
      boolField: false,
      enumField: 'foo',
    })
  })

  test('a union is an object with its one member', () => {
    const round = (value: Members): unknown => shape('Shape').decode(shape('Shape').encode(value))
    expect(round({ circle: 2 })).toEqual({ name: '', circle: 2, fill: { none: null } })
    expect(round({ nothing: null })).toEqual({ name: '', nothing: null, fill: { none: null } })
    expect(round({ circle: null, label: {}, fill: { color: 1 } })).toEqual({
      name: '',
      label: { text: '', size: 12 },
      fill: { color: 1 },
    })
  })

  test('members that every object has are none of the message', () => {
    expect(shape('Names').decode(shape('Names').encode({}))).toEqual({
      constructor: 0,
      toString: '',
      hasOwnProperty: false,
      valueOf: null,
    })
  })

  test('members that the schema does not have are ignored', () => {
    const object = { number: 1, more: { anything: () => 1 }, ['__proto__']: 3 }
    expect(shape('Small').decode(shape('Small').encode(object))).toEqual({ number: 1, inner: null })
  })

  test('a schema reads what its former self wrote, and the other way round', () => {
    const older = { number: 5, items: [1, 2], names: ['a'] }
    expect(shape('Newer').decode(shape('Older').encode(older))).toEqual({
      number: 5,
      items: [
        { value: 1, weight: 1 },
        { value: 2, weight: 1 },
      ],
      names: [{ name: 'a', kind: 'bar' }],
      added: 7n,
      note: 'none',
    })
    const newer = { number: 6, items: [{ value: 3, weight: 9 }], names: [{ name: 'b' }] }
    expect(shape('Older').decode(shape('Newer').encode(newer))).toEqual({
      number: 6,
      items: [3],
      names: ['b'],
    })
  })

  test("int64: 'number' gives numbers, or an error", async () => {
    const text = '@0xf1a2b3c4d5e6f708; struct A { a @0 :Int64; b @1 :List(UInt64); }'
    const bigints = parseSchema(text).type<Members>('A')
    const numbers = parseSchema(text, { int64: 'number' }).type<Members>('A')
    expect(numbers.decode(bigints.encode({ a: -5n, b: [7n] }))).toEqual({ a: -5, b: [7] })
    const unsafe = bigints.encode({ b: [1, 2n ** 60n] })
    const error = await failure(() => numbers.decode(unsafe))
    expect(error.message).toContain('$.b[1] is 1152921504606846976')
  })

  test('what JSON has instead is taken too', () => {
    const object = { int64Field: '-7', float64Field: 'NaN', dataField: 'AQI=', uInt8Field: 3n }
    expect(shape('Defaults').decode(shape('Defaults').encode(object))).toMatchObject({
      int64Field: -7n,
      float64Field: NaN,
      dataField: new Uint8Array([1, 2]),
      uInt8Field: 3,
    })
  })

  test.each<[string, unknown, string]>([
    ['Defaults', 5, '$ is not an object'],
    ['Defaults', [], '$ is not an object'],
    ['Defaults', { boolField: 1 }, '$.boolField is not a boolean'],
    ['Defaults', { int8Field: 128 }, '$.int8Field is out of the range of int8'],
    ['Defaults', { int8Field: 1.5 }, '$.int8Field is not an integer'],
    ['Defaults', { uInt64Field: -1n }, '$.uInt64Field is out of the range of uint64'],
    ['Defaults', { int64Field: 2 ** 53 }, '$.int64Field is neither a bigint nor a safe integer'],
    ['Defaults', { float32Field: 1e39 }, '$.float32Field is out of the range of float32'],
    ['Defaults', { float32Field: '1' }, '$.float32Field is not a number'],
    ['Defaults', { enumField: 'red' }, '$.enumField is none of foo'],
    ['Defaults', { textField: 1 }, '$.textField is not a string'],
    ['Defaults', { textField: 'a\ud800' }, '$.textField is text that is not Unicode'],
    ['Defaults', { dataField: 'a' }, '$.dataField is not base64'],
    ['Defaults', { listField: [1, 'x'] }, '$.listField[1] is not an integer'],
    ['Defaults', { listField: {} }, '$.listField is not an array'],
    ['Shape', { polygon: [{ x: 1 }, { y: true }] }, '$.polygon[1].y is not a number'],
    ['Shape', { circle: 1, polygon: [] }, '$ has two members of one union: circle and polygon'],
    ['Shape', { nothing: 1 }, '$.nothing is not null'],
    ['Nested', { anything: 1 }, '$.anything is an AnyPointer'],
  ])('%s of %j: %s', async (type, value, message) => {
    const error = await failure(() => shape(type).encode(value as Members))
    expect(error.code).toBe('invalid_argument')
    expect(error.message.startsWith(message)).toBe(true)
  })

  test('what holds itself is an error', async () => {
    const tree: Members = {}
    tree['left'] = tree
    expect((await failure(() => shape('Tree').encode(tree))).message).toContain('nesting limit')
  })

  test('text that is not UTF-8 is invalid_data', async () => {
    const message = shape('Shape').encode({ name: 'abcdefgh' })
    message[message.indexOf(0x61)] = 0xff
    const error = await failure(() => shape('Shape').decode(message))
    expect(error.message).toBe('the message is not valid: $.name has text that is not UTF-8')
  })
})

describe('messages share memory', () => {
  test('one that fails leaves nothing behind for the next', async () => {
    await failure(() => shape('Nested').encode({ lists: [[[1, 2, 3]]], anything: 1 }))
    expect(shape('Nested').decode(shape('Nested').encode({}))).toEqual({
      lists: [],
      shapes: [],
      anything: null,
    })
  })

  test('a getter may encode another message meanwhile', () => {
    const inner = shape('Small')
    const object = {
      name: 'outer',
      get circle(): number {
        return inner.decode(inner.encode({ number: 9 }))['number'] as number
      },
    }
    expect(shape('Shape').decode(shape('Shape').encode(object))).toMatchObject({ circle: 9 })
  })

  test('large and small messages keep their bytes', () => {
    const sizes = [0, 5, 8_000, 20_000, 7, 300_000, 1]
    const messages = sizes.map((size) => shape('Shape').encode({ name: 'x'.repeat(size) }))
    const lengths = messages.map((one) => (shape('Shape').decode(one)['name'] as string).length)
    expect(lengths).toEqual(sizes)
  })
})

describe('schemas', () => {
  test('errors of a file name its line', async () => {
    const error = await failure(() => parseSchema('@0xf1a2b3c4d5e6f709;\nstruct A { b @0 :C; }'))
    expect(error.code).toBe('invalid_argument')
    expect(error.message).toContain('schema.capnp:2')
    expect((await failure(() => loadSchema('nowhere.capnp'))).code).toBe('invalid_argument')
  })

  test('a type that is not there is an error that says which are', async () => {
    const error = await failure(() => shapes.type('Circle'))
    expect(error.message).toContain('Shape.Point')
    expect(shapes.typeNames).toContain('Shape')
  })
})
