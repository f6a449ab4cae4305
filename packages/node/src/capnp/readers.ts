// Makes the functions that read the types of a schema: small closures, composed once, so that
// reading neither interprets the schema nor generates code (which a Content Security Policy, or
// `node --disallow-code-generation-from-strings`, would forbid).

import type {
  FieldDescription,
  SchemaDescription,
  SlotDescription,
  StructDescription,
  TypeDescription,
} from './description'
import { WORD, malformed, segmentsOf } from './framing'
import { Misfit } from './misfit'
import {
  type Form,
  type ReadScalar,
  SCALAR_BYTES,
  type SizedKind,
  scalarDefault,
  scalarReader,
} from './scalars'
import { ElementSize, Source } from './source'

/** Reads what lies in the sections of one struct. */
type ReadFields = (
  source: Source,
  segment: number,
  data: number,
  dataEnd: number,
  pointersEnd: number,
) => unknown
/** Reads the pointer at a byte of a segment, a null pointer too. */
type ReadPointer = (source: Source, segment: number, at: number) => unknown

/** A struct that is being made, perhaps from within itself. */
interface StructReader {
  read: ReadFields
}

type Nameless = Record<string, unknown>

/** `object[name] = value`, whatever the name. */
export function put(object: Nameless, name: string, value: unknown): void {
  if (name !== '__proto__') object[name] = value
  else {
    const rest = { enumerable: true, configurable: true, writable: true }
    Object.defineProperty(object, name, { value, ...rest })
  }
}

export class Readers {
  readonly #nodes: SchemaDescription['nodes']
  readonly #form: Form
  readonly #structs = new Map<string, StructReader>()

  constructor(description: SchemaDescription, form: Form) {
    this.#nodes = description.nodes
    this.#form = form
  }

  /** Reads a message whose root is the struct `id`. */
  root(id: string): (source: Source) => unknown {
    const struct = this.#struct(id)
    return (source) => {
      const at = source.root()
      // A null root is a struct of defaults.
      if (!source.follow(0, at)) return struct.read(source, 0, 0, 0, 0)
      return enterStruct(source, struct)
    }
  }

  #struct(id: string): StructReader {
    const made = this.#structs.get(id)
    if (made !== undefined) return made
    const node = this.#nodes[id] as StructDescription
    const struct: StructReader = { read: () => undefined }
    this.#structs.set(id, struct)
    struct.read = this.#fields(node)
    return struct
  }

  #fields(node: StructDescription): ReadFields {
    const always = node.fields.filter((field) => field.discriminant === undefined)
    const names = always.map((field) => field.name)
    const reads = always.map((field) => this.#field(field))
    const plain: ReadFields = (source, segment, data, dataEnd, pointersEnd) => {
      const object: Nameless = {}
      let index = 0
      try {
        for (; index < reads.length; index++) {
          put(object, names[index], reads[index](source, segment, data, dataEnd, pointersEnd))
        }
      } catch (error) {
        throw Misfit.within(names[index], error)
      }
      return object
    }
    if (node.discriminantCount === 0) return plain
    const members: [string, ReadFields][] = []
    for (const field of node.fields) {
      if (field.discriminant === undefined) continue
      members[field.discriminant] = [field.name, this.#field(field)]
    }
    const offset = node.discriminantOffset * 2
    return (source, segment, data, dataEnd, pointersEnd) => {
      const object = plain(source, segment, data, dataEnd, pointersEnd) as Nameless
      const at = data + offset
      const which = at + 2 <= dataEnd ? source.view.getUint16(at, true) : 0
      // A member that a later schema has is none that this one can show.
      if (which >= members.length) return object
      const [name, read] = members[which]
      try {
        put(object, name, read(source, segment, data, dataEnd, pointersEnd))
      } catch (error) {
        throw Misfit.within(name, error)
      }
      return object
    }
  }

  #field(field: FieldDescription): ReadFields {
    if (field.kind === 'group') {
      const group = this.#struct(field.group)
      return (source, segment, data, dataEnd, pointersEnd) =>
        group.read(source, segment, data, dataEnd, pointersEnd)
    }
    const { type } = field
    switch (type.kind) {
      case 'void':
        return () => null
      case 'bool':
        return bool(field)
      case 'text':
      case 'data':
      case 'list':
      case 'struct':
      case 'anyPointer':
      case 'interface':
        return this.#pointerField(field, type)
      default:
        return this.#scalarField(field, type)
    }
  }

  #scalarField(
    field: SlotDescription,
    type: TypeDescription,
  ): ReadFields {
    const kind = type.kind as SizedKind
    const size = SCALAR_BYTES[kind]
    const read = scalarReader(kind, this.#form, field.default, this.#enumerants(type))
    const offset = field.offset * size
    const fallback = scalarDefault(read)
    return (source, _, data, dataEnd) => {
      const at = data + offset
      return at + size <= dataEnd ? read(source, at) : fallback
    }
  }

  #enumerants(type: TypeDescription): readonly string[] {
    const node = 'id' in type ? this.#nodes[type.id] : undefined
    return node?.kind === 'enum' ? node.enumerants : []
  }

  #pointerField(field: SlotDescription, type: TypeDescription): ReadFields {
    const read = this.#pointer(type)
    const missing = this.#missing(field, type, read)
    const offset = field.offset * WORD
    if (type.kind === 'text' && field.default === null) {
      // As below, in one step: most pointers are texts.
      return (source, segment, _, pointers, pointersEnd) => {
        const at = pointers + offset
        return at < pointersEnd && source.follow(segment, at) ? source.text() : ''
      }
    }
    return (source, segment, _, pointers, pointersEnd) => {
      const at = pointers + offset
      return (at < pointersEnd ? read(source, segment, at) : undefined) ?? missing()
    }
  }

  /** What a null pointer of this field stands for. */
  #missing(field: SlotDescription, type: TypeDescription, read: ReadPointer): () => unknown {
    if (typeof field.default === 'string') {
      const bytes = Buffer.from(field.default, 'base64')
      const segments = segmentsOf(bytes)
      return () => {
        const source = new Source(bytes, segments, {})
        return read(source, 0, source.root())
      }
    }
    switch (type.kind) {
      case 'text':
        return () => ''
      case 'data':
        return this.#form === 'json' ? () => '' : () => new Uint8Array()
      case 'list':
        return () => []
      default:
        // A struct may be one that holds itself: its defaults would have no end.
        return () => null
    }
  }

  #pointer(type: TypeDescription): ReadPointer {
    switch (type.kind) {
      case 'text':
        return (source, segment, at) => (source.follow(segment, at) ? source.text() : undefined)
      case 'data':
        if (this.#form !== 'json') {
          return (source, segment, at) => (source.follow(segment, at) ? source.data() : undefined)
        }
        return (source, segment, at) =>
          source.follow(segment, at) ? Buffer.from(source.data()).toString('base64') : undefined
      case 'struct': {
        const struct = this.#struct(type.id)
        return (source, segment, at) =>
          source.follow(segment, at) ? enterStruct(source, struct) : undefined
      }
      case 'list': {
        const read = this.#elements(type.element)
        return (source, segment, at) => {
          if (!source.follow(segment, at)) return undefined
          source.enterList()
          const list = read(source)
          source.leave()
          return list
        }
      }
      default:
        return (source, segment, at) => {
          if (source.follow(segment, at)) malformed('is an AnyPointer, of which no type is known')
          return undefined
        }
    }
  }

  /** Reads the elements of the list that was entered. */
  #elements(type: TypeDescription): (source: Source) => unknown[] {
    switch (type.kind) {
      case 'void':
        return (source) => new Array<null>(source.count).fill(null)
      case 'bool':
        return bools
      case 'struct':
        return structs(this.#struct(type.id))
      case 'text':
      case 'data':
      case 'list':
      case 'anyPointer':
      case 'interface':
        return pointers(this.#pointer(type), () => this.#emptyElement(type))
      default:
        return this.#scalars(type)
    }
  }

  #scalars(type: TypeDescription): (source: Source) => unknown[] {
    const kind = type.kind as SizedKind
    const read = scalarReader(kind, this.#form, null, this.#enumerants(type))
    return scalars(read, SCALAR_BYTES[kind])
  }

  #emptyElement(type: TypeDescription): unknown {
    if (type.kind === 'text') return ''
    if (type.kind === 'list') return []
    if (type.kind === 'data') return this.#form === 'json' ? '' : new Uint8Array()
    return null
  }
}

function enterStruct(source: Source, struct: StructReader): unknown {
  source.enterStruct()
  const { segment, at, dataEnd, pointersEnd } = source
  const value = struct.read(source, segment, at, dataEnd, pointersEnd)
  source.leave()
  return value
}

function bool(field: SlotDescription): ReadFields {
  const byte = field.offset >>> 3
  const mask = 1 << (field.offset & 7)
  const fallback = field.default === true
  return (source, _, data, dataEnd) => {
    const at = data + byte
    if (at >= dataEnd) return fallback
    return ((source.bytes[at] & mask) !== 0) !== fallback
  }
}

const ANOTHER = 'has a list of another type'

function bools(source: Source): boolean[] {
  if (source.elementSize !== ElementSize.bit) malformed(ANOTHER)
  const { at, count, bytes } = source
  const list = new Array<boolean>(count)
  for (let index = 0; index < count; index++) {
    list[index] = (bytes[at + (index >>> 3)] & (1 << (index & 7))) !== 0
  }
  return list
}

/** Elements may be wider, or structs that begin with what is asked for: schemas evolve so. */
function scalars(read: ReadScalar, size: number): (source: Source) => unknown[] {
  return (source) => {
    const { count, elementBytes } = source
    let { at } = source
    if (source.elementDataBytes < size) malformed(ANOTHER)
    const list = new Array<unknown>(count)
    let index = 0
    try {
      for (; index < count; index++, at += elementBytes) list[index] = read(source, at)
    } catch (error) {
      throw Misfit.within(index, error)
    }
    return list
  }
}

function pointers(read: ReadPointer, empty: () => unknown): (source: Source) => unknown[] {
  return (source) => {
    const { count, elementBytes, elementDataBytes, segment } = source
    let at = source.at + elementDataBytes
    if (elementBytes < elementDataBytes + WORD) malformed(ANOTHER)
    const list = new Array<unknown>(count)
    let index = 0
    try {
      for (; index < count; index++, at += elementBytes) {
        list[index] = read(source, segment, at) ?? empty()
      }
    } catch (error) {
      throw Misfit.within(index, error)
    }
    return list
  }
}

/** A list of scalars or pointers is read as one of structs that have but these. */
function structs(struct: StructReader): (source: Source) => unknown[] {
  return (source) => {
    const { count, elementBytes, elementDataBytes, segment } = source
    let { at } = source
    if (source.elementSize === ElementSize.bit) malformed(ANOTHER)
    const list = new Array<unknown>(count)
    let index = 0
    try {
      for (; index < count; index++, at += elementBytes) {
        const dataEnd = at + elementDataBytes
        list[index] = struct.read(source, segment, at, dataEnd, at + elementBytes)
      }
    } catch (error) {
      throw Misfit.within(index, error)
    }
    return list
  }
}
