// Entity tags (RFC 9110 8.8.3): names of versions of what a route serves.

import { TidewireError } from './errors'
import { native } from './handoff'

/**
 * A strong tag of this content, for the header `ETag` of an answer: the same in every language of
 * tidewire. A GET whose If-None-Match has it is then answered 304 by the server itself.
 */
export function makeEtag(content: string | Uint8Array): string {
  if (typeof content !== 'string' && !(content instanceof Uint8Array)) {
    throw new TidewireError('invalid_argument', 'content is a string or a Uint8Array')
  }
  return native.makeEtag(content)
}

/**
 * Whether `tag` is among those of an If-Match: `*` or a list; a weak tag never is. A handler that
 * changes something answers 412 when it is not.
 */
export function ifMatch(field: string, tag: string): boolean {
  return native.ifMatch(...texts(field, tag))
}

/** Whether `tag` is among those of an If-None-Match, weak or strong. */
export function ifNoneMatch(field: string, tag: string): boolean {
  return native.ifNoneMatch(...texts(field, tag))
}

function texts(field: string, tag: string): [string, string] {
  if (typeof field === 'string' && typeof tag === 'string') return [field, tag]
  throw new TidewireError('invalid_argument', 'a field and a tag are strings')
}
