// Schemas and their types: conversion of plain objects to Cap'n Proto messages and back.

import { TidewireError } from '../errors'
import { checkOptions } from '../options'
import type { SchemaDescription } from './description'
import {
  type MessageLimits,
  type ReadRoot,
  type WriteRoot,
  packMessage,
  readMessage,
  unpackMessage,
  writeMessage,
} from './message'
import { Readers } from './readers'
import { Writers } from './writers'

export interface SchemaOptions {
  /**
   * What 64-bit integers are read as. With `'number'` one that is not safe is invalid_data; written
   * are bigints and safe numbers, either way. Default `'bigint'`.
   */
  int64?: 'bigint' | 'number'
}

export interface EncodeOptions {
  /** Whether the message is packed: smaller, and slower. */
  packed?: boolean
}

export interface DecodeOptions extends MessageLimits, EncodeOptions {}

/** What makes the accessors of the types of one schema. */
interface Makers {
  readonly readers: Readers
  readonly jsonReaders: Readers
  readonly writers: Writers
}

// For this package only: they reach what is private.
/** As JSON can have it: 64-bit integers, bytes and floats that are not finite are text. */
export let decodeForJson: (type: Type, bytes: Uint8Array) => unknown
export let makeSchema: (description: SchemaDescription, options: SchemaOptions) => Schema
let makeType: (name: string, id: string, makers: Makers) => Type

/** A struct of a schema. `T` is what its objects look like. */
export class Type<T = unknown> {
  readonly name: string
  readonly #id: string
  readonly #makers: Makers
  // Made when they are first asked for.
  #read: ReadRoot | undefined
  #readForJson: ReadRoot | undefined
  #write: WriteRoot | undefined

  private constructor(name: string, id: string, makers: Makers) {
    this.name = name
    this.#id = id
    this.#makers = makers
  }

  static {
    makeType = (name, id, makers) => new Type(name, id, makers)
    decodeForJson = (type, bytes) => {
      type.#readForJson ??= type.#makers.jsonReaders.root(type.#id)
      return readMessage(type.#readForJson, bytes)
    }
  }

  /**
   * `value` as a message. Members that are undefined or null are left at their defaults; others
   * than the schema has are ignored. The bytes share their ArrayBuffer with other messages, as
   * those of small Buffers do. A bigint may be any integer; text may be 64-bit integers, `NaN`,
   * `Infinity`, `-Infinity` and bytes as base64, as in JSON.
   *
   * @throws TidewireError invalid_argument, with the path, for what does not fit.
   */
  encode(value: T, options?: EncodeOptions): Uint8Array {
    this.#write ??= this.#makers.writers.root(this.#id)
    const message = writeMessage(this.#write, value)
    if (options === undefined) return message
    checkOptions('encode', options, ['packed'])
    return options.packed === true ? packMessage(message) : message
  }

  /**
   * The object of a message. Every member is there, at its default if need be, which of a struct
   * is null; of a union the one that is set.
   *
   * @throws TidewireError invalid_data for what is no message of this type, or over a limit.
   */
  decode(message: Uint8Array, options?: DecodeOptions): T {
    this.#read ??= this.#makers.readers.root(this.#id)
    if (options === undefined) return readMessage(this.#read, message) as T
    const { packed, ...limits } = options
    const unpacked = packed === true ? unpackMessage(message, limits) : message
    return readMessage(this.#read, unpacked, limits) as T
  }
}

/** What a `.capnp` file defines. */
export class Schema {
  readonly #types = new Map<string, Type>()

  private constructor(description: SchemaDescription, options: SchemaOptions) {
    const makers: Makers = {
      readers: new Readers(description, options.int64 ?? 'bigint'),
      jsonReaders: new Readers(description, 'json'),
      writers: new Writers(description),
    }
    for (const [name, id] of Object.entries(description.types)) {
      this.#types.set(name, makeType(name, id, makers))
    }
  }

  static {
    makeSchema = (description, options) => {
      checkOptions('a schema', options, ['int64'])
      if (options.int64 !== undefined && !['bigint', 'number'].includes(options.int64)) {
        throw new TidewireError('invalid_argument', "int64 is 'bigint' or 'number'")
      }
      return new Schema(description, options)
    }
  }

  /** The names of its structs; one inside another is `Outer.Inner`. */
  get typeNames(): string[] {
    return [...this.#types.keys()]
  }

  /**
   * The struct of that name.
   *
   * @throws TidewireError invalid_argument when there is none.
   */
  type<T = unknown>(name: string): Type<T> {
    const type = this.#types.get(name)
    if (type !== undefined) return type as Type<T>
    const known = this.typeNames.join(', ')
    throw new TidewireError('invalid_argument', `the schema has no ${name}, but: ${known}`)
  }
}
