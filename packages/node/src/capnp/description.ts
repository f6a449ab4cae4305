// What a schema is for those who read and write by it: the tables that the core's
// `Schema::describe()` gives as JSON, and core/include/tidewire/schema.hpp explains.

export type ScalarKind =
  | 'void'
  | 'bool'
  | 'int8'
  | 'int16'
  | 'int32'
  | 'int64'
  | 'uint8'
  | 'uint16'
  | 'uint32'
  | 'uint64'
  | 'float32'
  | 'float64'

export type TypeDescription =
  | { readonly kind: ScalarKind | 'text' | 'data' | 'anyPointer' | 'interface' }
  | { readonly kind: 'list'; readonly element: TypeDescription }
  | { readonly kind: 'enum' | 'struct'; readonly id: string }

export interface SlotDescription {
  readonly name: string
  readonly kind: 'slot'
  /** In units of the type's size, or pointers. */
  readonly offset: number
  readonly type: TypeDescription
  /** By type: see schema.hpp. A pointer's is a message in base64. */
  readonly default: null | boolean | number | string
  /** Of a member of the struct's union. */
  readonly discriminant?: number
}

export interface GroupDescription {
  readonly name: string
  readonly kind: 'group'
  readonly group: string
  readonly discriminant?: number
}

export type FieldDescription = SlotDescription | GroupDescription

export interface StructDescription {
  readonly kind: 'struct'
  readonly name: string
  readonly dataWords: number
  readonly pointerCount: number
  /** In units of 16 bits. */
  readonly discriminantOffset: number
  /** 0: the struct has no unnamed union. */
  readonly discriminantCount: number
  readonly fields: readonly FieldDescription[]
}

export interface EnumDescription {
  readonly kind: 'enum'
  readonly name: string
  readonly enumerants: readonly string[]
}

export interface SchemaDescription {
  /** The ids of structs, by the names that users give: `Person`, `Person.Phone`. */
  readonly types: Readonly<Record<string, string>>
  readonly nodes: Readonly<Record<string, StructDescription | EnumDescription>>
}
