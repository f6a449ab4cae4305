// Makes the functions that write the types of a schema, as readers.ts makes those that read.
//
// A member that is undefined or null is left at its default, and members that the schema does not
// have are ignored. Of a union one member may be there, that which is not undefined.

import { types } from 'node:util'

import type {
  FieldDescription,
  SchemaDescription,
  SlotDescription,
  StructDescription,
  TypeDescription,
} from './description'
import { WORD } from './framing'
import { Misfit } from './misfit'
import { SCALAR_BYTES, type SizedKind, scalarWriter } from './scalars'
import type { Sink } from './sink'
import { ElementSize, NESTING_MAX } from './source'

type Members = Record<string, unknown>
/** Writes a value that is there into the sections of its struct. */
type WriteField = (sink: Sink, value: unknown, data: number, pointers: number) => void
/** Writes what the pointer at a byte is to lead to. */
type WritePointer = (sink: Sink, value: unknown, at: number) => void

interface StructWriter {
  write: WriteField
  readonly dataWords: number
  readonly pointerCount: number
}

/** Codes of element sizes, by bytes. */
const SIZE_CODES: Readonly<Record<number, number>> = { 1: 2, 2: 3, 4: 4, 8: 5 }
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}(?:==)?|[A-Za-z0-9+/]{3}=?)?$/

/** Own members, and what a class defines, but not what every object has. */
function memberOf(object: Members, name: string, everywhere: boolean): unknown {
  return everywhere && !Object.hasOwn(object, name) ? undefined : object[name]
}

function isEverywhere(name: string): boolean {
  return name in Object.prototype
}

export class Writers {
  readonly #nodes: SchemaDescription['nodes']
  readonly #structs = new Map<string, StructWriter>()

  constructor(description: SchemaDescription) {
    this.#nodes = description.nodes
  }

  /** Writes a value as the struct `id`, to which the root pointer at a byte leads. */
  root(id: string): WritePointer {
    return structPointer(this.#struct(id))
  }

  #struct(id: string): StructWriter {
    const made = this.#structs.get(id)
    if (made !== undefined) return made
    const node = this.#nodes[id] as StructDescription
    const { dataWords, pointerCount } = node
    const struct: StructWriter = { write: () => undefined, dataWords, pointerCount }
    this.#structs.set(id, struct)
    struct.write = this.#fields(node)
    return struct
  }

  #fields(node: StructDescription): WriteField {
    const always = node.fields.filter((field) => field.discriminant === undefined)
    const names = always.map((field) => field.name)
    const everywhere = names.map(isEverywhere)
    const writes = always.map((field) => this.#field(field))
    const union = node.discriminantCount === 0 ? undefined : this.#union(node)
    return (sink, object, data, pointers) => {
      if (typeof object !== 'object' || object === null || Array.isArray(object)) {
        throw new Misfit('is not an object')
      }
      for (let index = 0; index < writes.length; index++) {
        const value = memberOf(object as Members, names[index], everywhere[index])
        if (value === undefined || value === null) continue
        try {
          writes[index](sink, value, data, pointers)
        } catch (error) {
          throw Misfit.within(names[index], error)
        }
      }
      union?.(sink, object, data, pointers)
    }
  }

  #union(node: StructDescription): WriteField {
    const members = node.fields.filter((field) => field.discriminant !== undefined)
    const names = members.map((field) => field.name)
    const everywhere = names.map(isEverywhere)
    const writes = members.map((field) => this.#field(field))
    const numbers = members.map((field) => field.discriminant as number)
    const offset = node.discriminantOffset * 2
    return (sink, object, data, pointers) => {
      let found = -1
      let value: unknown
      for (let index = 0; index < names.length; index++) {
        const member = memberOf(object as Members, names[index], everywhere[index])
        if (member === undefined) continue
        // Of several, those that are null do not count.
        if (found !== -1 && (member === null) === (value === null)) {
          throw new Misfit(`has two members of one union: ${names[found]} and ${names[index]}`)
        }
        if (found !== -1 && member === null) continue
        found = index
        value = member
      }
      if (found === -1) return
      sink.view.setUint16(data + offset, numbers[found], true)
      if (value === null) return
      try {
        writes[found](sink, value, data, pointers)
      } catch (error) {
        throw Misfit.within(names[found], error)
      }
    }
  }

  #field(field: FieldDescription): WriteField {
    if (field.kind === 'group') {
      const group = this.#struct(field.group)
      return (sink, value, data, pointers) => group.write(sink, value, data, pointers)
    }
    const { type } = field
    switch (type.kind) {
      case 'void':
        return refuseVoid
      case 'bool':
        return bool(field)
      case 'text':
      case 'data':
      case 'list':
      case 'struct':
      case 'anyPointer':
      case 'interface': {
        const write = this.#pointer(type)
        const offset = field.offset * WORD
        return (sink, value, _, pointers) => write(sink, value, pointers + offset)
      }
      default:
        return this.#scalarField(field, type)
    }
  }

  #scalarField(field: SlotDescription, type: TypeDescription): WriteField {
    const kind = type.kind as SizedKind
    const offset = field.offset * SCALAR_BYTES[kind]
    const write = scalarWriter(kind, field.default, this.#enumerants(type))
    return (sink, value, data) => {
      const mismatch = write(sink, data + offset, value)
      if (mismatch !== undefined) throw new Misfit(mismatch)
    }
  }

  #enumerants(type: TypeDescription): readonly string[] {
    const node = 'id' in type ? this.#nodes[type.id] : undefined
    return node?.kind === 'enum' ? node.enumerants : []
  }

  #pointer(type: TypeDescription): WritePointer {
    switch (type.kind) {
      case 'text':
        return text
      case 'data':
        return data
      case 'struct':
        return structPointer(this.#struct(type.id))
      case 'list':
        return this.#list(type.element)
      default:
        return () => {
          throw new Misfit('is an AnyPointer or a capability, which no message here can bear')
        }
    }
  }

  #list(type: TypeDescription): WritePointer {
    const elements = this.#elements(type)
    return (sink, value, at) => {
      if (!Array.isArray(value) && !types.isTypedArray(value)) throw new Misfit('is not an array')
      sink.descend(NESTING_MAX)
      elements(sink, value as ArrayLike<unknown>, at)
      sink.leave()
    }
  }

  #elements(type: TypeDescription): (sink: Sink, list: ArrayLike<unknown>, at: number) => void {
    switch (type.kind) {
      case 'void':
        return (sink, list, at) => void sink.list(at, ElementSize.void, 0, list.length)
      case 'bool':
        return bools
      case 'struct':
        return structs(this.#struct(type.id))
      case 'text':
      case 'data':
      case 'list':
      case 'anyPointer':
      case 'interface':
        return pointers(this.#pointer(type))
      default:
        return this.#scalars(type)
    }
  }

  #scalars(type: TypeDescription): (sink: Sink, list: ArrayLike<unknown>, at: number) => void {
    const kind = type.kind as SizedKind
    const bytes = SCALAR_BYTES[kind]
    const write = scalarWriter(kind, null, this.#enumerants(type))
    return (sink, list, at) => {
      const count = list.length
      let target = sink.list(at, SIZE_CODES[bytes], bytes * 8, count)
      for (let index = 0; index < count; index++, target += bytes) {
        const mismatch = write(sink, target, list[index])
        if (mismatch !== undefined) throw Misfit.within(index, new Misfit(mismatch))
      }
    }
  }
}

function refuseVoid(): never {
  throw new Misfit('is not null, as what is void must be')
}

function bool(field: SlotDescription): WriteField {
  const byte = field.offset >>> 3
  const mask = 1 << (field.offset & 7)
  const fallback = field.default === true
  return (sink, value, data) => {
    if (typeof value !== 'boolean') throw new Misfit('is not a boolean')
    if (value !== fallback) sink.bytes[data + byte] |= mask
  }
}

function text(sink: Sink, value: unknown, at: number): void {
  if (typeof value !== 'string') throw new Misfit('is not a string')
  sink.text(at, value)
}

/** Bytes, or text that is base64, which is what JSON has for them. */
function data(sink: Sink, value: unknown, at: number): void {
  if (types.isUint8Array(value)) sink.data(at, value)
  else if (typeof value !== 'string') throw new Misfit('is not a Uint8Array')
  else if (!BASE64.test(value)) throw new Misfit('is not base64')
  else sink.data(at, Buffer.from(value, 'base64'))
}

function structPointer(struct: StructWriter): WritePointer {
  const { dataWords, pointerCount } = struct
  const dataBytes = dataWords * WORD
  return (sink, value, at) => {
    sink.descend(NESTING_MAX)
    const target = sink.struct(at, dataWords, pointerCount)
    struct.write(sink, value, target, target + dataBytes)
    sink.leave()
  }
}

function bools(sink: Sink, list: ArrayLike<unknown>, at: number): void {
  const count = list.length
  const target = sink.list(at, ElementSize.bit, 1, count)
  for (let index = 0; index < count; index++) {
    const value = list[index]
    if (typeof value !== 'boolean') throw Misfit.within(index, new Misfit('is not a boolean'))
    if (value === true) sink.bytes[target + (index >>> 3)] |= 1 << (index & 7)
  }
}

function pointers(write: WritePointer) {
  return (sink: Sink, list: ArrayLike<unknown>, at: number): void => {
    const count = list.length
    const target = sink.list(at, ElementSize.pointer, 64, count)
    for (let index = 0; index < count; index++) {
      try {
        const value = list[index]
        if (value !== undefined && value !== null) write(sink, value, target + index * WORD)
      } catch (error) {
        throw Misfit.within(index, error)
      }
    }
  }
}

function structs(struct: StructWriter) {
  const { dataWords, pointerCount } = struct
  const bytes = (dataWords + pointerCount) * WORD
  return (sink: Sink, list: ArrayLike<unknown>, at: number): void => {
    const count = list.length
    let target = sink.structs(at, dataWords, pointerCount, count)
    for (let index = 0; index < count; index++, target += bytes) {
      try {
        const value = list[index]
        if (value === undefined || value === null) continue
        struct.write(sink, value, target, target + dataWords * WORD)
      } catch (error) {
        throw Misfit.within(index, error)
      }
    }
  }
}
