import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { load } from '../../packages/node/dist/native'

const ROOT = join(__dirname, '..', '..')

test.each([
  ['CommonJS', 'usage.cts', 'index.d.ts'],
  ['ESM', 'usage.mts', 'index.d.mts'],
])('what users write compiles against the shipped types, as %s', (_, file, declarations) => {
  const folder = mkdtempSync(join(tmpdir(), 'tidewire-types-'))
  try {
    const source = readFileSync(join(__dirname, 'types', 'usage.ts'), 'utf8')
    writeFileSync(join(folder, file), source)
    symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
    const options = {
      compilerOptions: {
        module: 'nodenext',
        target: 'es2022',
        lib: ['es2023'],
        types: ['node'],
        strict: true,
        noEmit: true,
        paths: { tidewire: [join(ROOT, 'packages/node/dist', declarations)] },
      },
      files: [file],
    }
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(options))
    const tsc = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc')
    const run = spawnSync(process.execPath, [tsc, '-p', folder], { encoding: 'utf8' })
    expect([run.status, run.stdout]).toEqual([0, ''])
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('every function of the addon is declared, and nothing else is', () => {
  const source = readFileSync(join(ROOT, 'packages/node/src/native.ts'), 'utf8')
  const body = /export interface Native \{\n([^]*?)\n\}/.exec(source)?.[1] ?? ''
  const declared = [...body.matchAll(/^ {2}(?:readonly )?(\w+)[(:]/gm)].map((match) => match[1])
  const native = load().attach({ dispatch: () => undefined, makeError: () => new Error('unused') })
  expect(declared.sort()).toEqual(Object.keys(native).sort())
})
