// import and require give the same classes and one addon.
import { createRequire } from 'node:module'
import * as esm from '../../../packages/node/dist/index.mjs'

const cjs = createRequire(import.meta.url)('../../../packages/node/dist/index.js')
const same = Object.keys(cjs).filter((name) => cjs[name] === esm[name])
const missing = Object.keys(cjs).filter((name) => !(name in esm))
console.log(`${same.length === Object.keys(cjs).length} ${missing.join()}`)
