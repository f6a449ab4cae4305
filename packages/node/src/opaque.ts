import { types } from 'node:util'

/** Whether an object has its content elsewhere than in its members, out of a serializer's sight. */
export function isOpaque(value: object): boolean {
  return (
    types.isMap(value) ||
    types.isSet(value) ||
    types.isWeakMap(value) ||
    types.isWeakSet(value) ||
    types.isPromise(value) ||
    types.isRegExp(value) ||
    types.isNativeError(value) ||
    types.isGeneratorObject(value)
  )
}
