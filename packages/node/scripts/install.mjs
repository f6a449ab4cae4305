// npm's install script. A package with a built addon for this platform has nothing to do; without
// one the addon is built by cmake-js; where that cannot be, it says what is missing and fails.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..')
const require = createRequire(import.meta.url)

function loads(path) {
  if (!existsSync(path)) return { ok: false, reason: 'there is none' }
  // In a process of its own: an addon that does not fit may end the process that loads it.
  const child = spawnSync(process.execPath, ['-e', `require(${JSON.stringify(path)})`], {
    encoding: 'utf8',
  })
  return { ok: child.status === 0, reason: child.stderr.trim() }
}

function platform() {
  const glibc = process.report.getReport().header.glibcVersionRuntime !== undefined
  return `${process.platform}-${process.arch}-${glibc ? 'glibc' : 'musl'}`
}

function fail(reason) {
  console.error(
    [
      `tidewire: no built addon for ${platform()} fits, and it could not be built: ${reason}`,
      'To build it, install a C++20 compiler, cmake and the libraries, on Debian or Ubuntu:',
      '  apt-get install build-essential cmake pkg-config libuv1-dev libssl-dev libsimdjson-dev \\',
      '    libboost-dev libcapnp-dev zlib1g-dev',
      'and the build tools from npm, then build again:',
      '  npm install cmake-js@8 node-addon-api@8 node-api-headers@1 && npm rebuild tidewire',
    ].join('\n'),
  )
  process.exit(1)
}

const prebuilt = loads(join(root, 'prebuilds', platform(), 'tidewire.node'))
const built = prebuilt.ok || loads(join(root, 'build', 'node', 'Release', 'tidewire.node')).ok
if (!built) {
  if (prebuilt.reason !== 'there is none') {
    console.error(`tidewire: the built addon does not load here, building it:\n${prebuilt.reason}`)
  }
  let tool
  try {
    tool = require.resolve('cmake-js/bin/cmake-js')
    require.resolve('node-addon-api')
    require.resolve('node-api-headers')
  } catch (error) {
    fail(error.message.split('\n')[0])
  }
  const build = spawnSync(process.execPath, [tool, 'compile', '--out', 'build/node'], {
    cwd: root,
    stdio: 'inherit',
  })
  if (build.status !== 0) fail('the build failed, see above')
  const result = loads(join(root, 'build', 'node', 'Release', 'tidewire.node'))
  if (!result.ok) fail(`what was built does not load: ${result.reason}`)
}
