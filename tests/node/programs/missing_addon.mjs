// The package without its addon.
process.env.TIDEWIRE_NATIVE_PATH = '/nowhere/tidewire.node'
await import('../../../packages/node/dist/index.mjs')
