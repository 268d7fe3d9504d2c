/** Who may know whom. The picture is in CONTRIBUTING.md; `npm run lint` says which rule an import breaks, by its name. */

const HOUSE = ['engine', 'sim', 'scenarios', 'reports', 'app'];

const PAGE_PACKAGES = ['preact', 'uplot', 'cytoscape'];

const npm = (names) => `(^|/)node_modules/(${names.join('|')})/`;
const builtin = (names) => `^(node:)?(${names.join('|')})$`;

/** A folder imports itself and what is listed; anything else, resolved or not, breaks the rule. */
function only(folder, comment, allowed) {
  return {
    name: `${folder}-imports-only`,
    comment,
    severity: 'error',
    from: { path: `^${folder}/` },
    to: { pathNot: [`^${folder}/`, ...allowed] },
  };
}

/** From outside, a folder is its index.ts. Tests may look anywhere. */
function throughIndex(folder) {
  return {
    name: `${folder}-through-its-index`,
    comment: `other folders know ${folder} only by ${folder}/index.ts`,
    severity: 'error',
    from: { path: `^(${HOUSE.join('|')})/`, pathNot: `^${folder}/` },
    to: { path: `^${folder}/`, pathNot: `^${folder}/index\\.ts$` },
  };
}

module.exports = {
  forbidden: [
    only('engine', 'time, order and chance know nobody', [npm(['(@types/)?seedrandom', 'heap-js'])]),
    only('sim', 'the network knows the engine, no package and no Node', ['^engine/']),
    only('scenarios', 'text in, value out: no Node, no reports, no app', [
      '^(engine|sim)/',
      npm(['js-yaml', 'ajv', 'fastest-levenshtein']),
    ]),
    only('reports', 'facts into bytes for a writer that is handed in', [
      '^(engine|sim|scenarios)/',
      npm(['csv-stringify', 'hdr-histogram-js', 'cli-table3', 'apache-arrow']),
      builtin(['crypto', 'buffer']),
    ]),
    {
      name: 'page-imports-only',
      comment:
        'the page runs in a browser: of the house it knows the types of a run in operation, and brings its packages along',
      severity: 'error',
      from: { path: '^app/ui/', pathNot: '^app/ui/build\\.mjs$' },
      to: {
        pathNot: ['^app/ui/', '^sim/index\\.ts$', '^app/(operation/run\\.ts|client/)', npm(PAGE_PACKAGES)],
      },
    },
    {
      name: 'page-imports-types',
      comment: 'of the run it knows the types; the client it uses as programs do',
      severity: 'error',
      from: { path: '^app/ui/' },
      to: {
        path: '^(sim|app/operation)/',
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'page-apart',
      comment: 'the page is bundled by itself; nothing else of what is shipped knows it',
      severity: 'error',
      from: { path: `^(${HOUSE.join('|')})/`, pathNot: '^app/ui/' },
      to: { path: '^app/ui/' },
    },
    ...HOUSE.map(throughIndex),
    {
      name: 'no-tests-inside',
      comment: 'what is shipped knows no tests',
      severity: 'error',
      from: { path: `^(${HOUSE.join('|')})/` },
      to: { path: '^test/' },
    },
    {
      name: 'no-cycles',
      comment: 'a packet walks forward; so does a reader',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'no-dead-ends',
      comment: 'an import that leads to no file or installed package',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'no-dev-packages-inside',
      comment: 'what is shipped needs what package.json lists as dependencies',
      severity: 'error',
      // The page is shipped as a bundle, with its packages in it.
      from: { path: `^(${HOUSE.join('|')})/`, pathNot: '^app/ui/' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], dependencyTypesNot: ['type-only'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^dist/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
      mainFields: ['module', 'main', 'types'],
    },
  },
};
