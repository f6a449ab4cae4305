// The tests are TypeScript; they run against the built package in packages/node/dist, as users do.
// tsc checks their types (`make lint`); here they are only transpiled.
'use strict'

module.exports = {
  roots: ['<rootDir>/tests/node'],
  testMatch: ['**/*.test.ts'],
  testEnvironment: 'node',
  testTimeout: 60_000,
  maxWorkers: 2,
  moduleNameMapper: { '^tidewire$': '<rootDir>/packages/node/dist/index.js' },
  modulePathIgnorePatterns: ['<rootDir>/build/', '<rootDir>/dist/', '<rootDir>/.tools/'],
  transform: { '\\.ts$': ['ts-jest', { tsconfig: '<rootDir>/tests/node/tsconfig.json' }] },
}
