import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join, posix, relative } from 'node:path'

/** Declarations stand on one line each; texts in comments begin no line with `import` or `export`. */
const SPECIFIER = /^((?:import|export)\b.*?\bfrom\s*|import\s+|.*?\bimport\(\s*)(['"])([^'"]+)\2/gm

/**
 * Copies the declarations that the public ones need to `<lib>/types/<package>`, with imports between packages made relative:
 * the packages of the workspace are not published on their own. Returns the outside packages that the types name.
 */
export async function copyTypes(packages, lib) {
  const seen = new Set()
  const outside = new Set()
  const waiting = ['haggle/dist/index.d.ts']
  for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
    if (seen.has(file)) continue
    seen.add(file)
    const text = await readFile(join(packages, file), 'utf8')
    const copied = text.replaceAll(SPECIFIER, (whole, lead, quote, specifier) => {
      const target = declarationOf(file, specifier)
      if (target === undefined) {
        outside.add(specifier)
        return whole
      }
      waiting.push(target)
      return `${lead}${quote}${between(place(file), place(target))}${quote}`
    })
    const to = join(lib, 'types', place(file))
    await mkdir(dirname(to), { recursive: true })
    await writeFile(to, copied.replace(/\n?\/\/# sourceMappingURL=.*\s*$/, '\n'))
  }
  return [...outside].filter((name) => !name.startsWith('node:'))
}

/** The declaration file behind an import, as a path below `packages`; undefined for what is not of this workspace. */
function declarationOf(file, specifier) {
  if (specifier.startsWith('.')) {
    return posix.join(posix.dirname(file), specifier.replace(/\.(ts|js)$/, '.d.ts'))
  }
  const own = /^@haggle\/([^/]+)(?:\/(.+))?$/.exec(specifier)
  if (own === null) return undefined
  return own[2] === undefined ? `${own[1]}/dist/index.d.ts` : `${own[1]}/dist/${own[2]}/index.d.ts`
}

/** haggle/dist/view/x.d.ts stands at haggle/view/x.d.ts. */
function place(file) {
  return file.replace('/dist/', '/')
}

function between(from, to) {
  const path = relative(dirname(from), to)
    .replaceAll('\\', '/')
    .replace(/\.d\.ts$/, '.js')
  return path.startsWith('.') ? path : `./${path}`
}
