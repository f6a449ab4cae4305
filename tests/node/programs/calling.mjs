// Calls a method of the server that is named and waits for its answer.
import { connect } from '../../../packages/node/dist/index.mjs'

const [url, method] = process.argv.slice(2)
const client = await connect(url)
await client.call(method)
