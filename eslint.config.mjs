// TypeScript is checked with types, plain JavaScript without.
import js from '@eslint/js'
import tseslint from 'typescript-eslint'

const nodeGlobals = Object.fromEntries(
  [
    'process', 'console', 'Buffer', 'URL', 'URLSearchParams', 'setTimeout', 'clearTimeout',
    'setInterval', 'clearInterval', 'setImmediate', 'performance', 'fetch', 'AbortController',
    'AbortSignal', 'TextEncoder', 'TextDecoder', 'queueMicrotask', 'structuredClone',
    'require', 'module', 'exports', '__dirname', '__filename',
  ].map((name) => [name, 'readonly']),
)

export default tseslint.config(
  {
    ignores: [
      'build/', 'dist/', 'prebuilds/', '.venv/', '.tools/', 'packages/node/dist/', 'benchmarks/',
      '**/node_modules/',
      // Compiled against the installed package by tests/install.
      'tests/install/consumers/',
    ],
  },
  js.configs.recommended,
  {
    files: ['**/*.ts', '**/*.mts'],
    extends: [...tseslint.configs.recommendedTypeChecked],
    languageOptions: {
      parserOptions: {
        project: ['./tests/node/tsconfig.json'],
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      // Handlers may be written async for their interface's sake.
      '@typescript-eslint/require-await': 'off',
    },
  },
  {
    files: ['**/*.js', '**/*.mjs', '**/*.cjs'],
    languageOptions: { globals: nodeGlobals },
  },
)
