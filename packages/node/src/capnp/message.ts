// A whole message, written by what writes its root and read by what reads it.

import { TidewireError } from '../errors'
import { checkOptions } from '../options'
import { pathText } from '../path'
import { WORD, malformed, pack, segmentsOf, unpack } from './framing'
import { Misfit } from './misfit'
import { Sink } from './sink'
import { type ReadLimits, Source } from './source'

/** What a message of a peer may ask for. */
export interface MessageLimits extends ReadLimits {
  /** Of a packed message, unpacked. Default 16 MiB. */
  messageBytesMax?: number
}

/** Writes a value to which the root pointer at a byte leads. */
export type WriteRoot = (sink: Sink, value: unknown, at: number) => void
export type ReadRoot = (source: Source) => unknown

const LIMITS = ['traversalWordsMax', 'nestingMax', 'messageBytesMax'] as const
const MESSAGE_BYTES_MAX = 16 * 1024 * 1024
const NO_LIMITS: MessageLimits = {}

/** What writes the next message; none while one is written, whose getters may write others. */
let idle: Sink | undefined

export function writeMessage(writeRoot: WriteRoot, value: unknown): Uint8Array {
  const sink = idle ?? new Sink()
  idle = undefined
  try {
    writeRoot(sink, value, sink.begin())
    return sink.finish()
  } catch (error) {
    sink.abandon()
    if (!(error instanceof Misfit)) throw error
    throw new TidewireError('invalid_argument', `${pathText(error.path)} ${error.message}`)
  } finally {
    idle = sink
  }
}

export function readMessage(
  readRoot: ReadRoot,
  bytes: Uint8Array,
  limits: MessageLimits = NO_LIMITS,
): unknown {
  checkMessage(bytes, limits)
  try {
    const segments = segmentsOf(bytes)
    if (segments.end !== bytes.length) malformed('is followed by more bytes')
    return readRoot(new Source(bytes, segments, limits))
  } catch (error) {
    throw notValid(error)
  }
}

/** The packed framing of a message: smaller, and slower. */
export function packMessage(message: Uint8Array): Uint8Array {
  checkMessage(message, NO_LIMITS)
  if (message.length % WORD === 0) return pack(message)
  throw new TidewireError('invalid_argument', 'a message is a whole number of words')
}

/**
 * Undoes packMessage().
 *
 * @throws TidewireError invalid_data when it is cut short, or longer than `messageBytesMax`.
 */
export function unpackMessage(packed: Uint8Array, limits: MessageLimits = NO_LIMITS): Uint8Array {
  checkMessage(packed, limits)
  try {
    return unpack(packed, limits.messageBytesMax ?? MESSAGE_BYTES_MAX)
  } catch (error) {
    throw notValid(error)
  }
}

function notValid(error: unknown): unknown {
  if (!(error instanceof Misfit)) return error
  const where = `${pathText(error.path)} ${error.message}`
  return new TidewireError('invalid_data', `the message is not valid: ${where}`)
}

function checkMessage(bytes: Uint8Array, limits: MessageLimits): void {
  if (!(bytes instanceof Uint8Array)) {
    throw new TidewireError('invalid_argument', 'a message is a Uint8Array')
  }
  if (limits === NO_LIMITS) return
  checkOptions('reading a message', limits, LIMITS)
  for (const name of LIMITS) {
    const limit = limits[name]
    if (limit === undefined || (Number.isSafeInteger(limit) && limit > 0)) continue
    throw new TidewireError('invalid_argument', `${name} is an integer above 0`)
  }
}
