import { encode } from 'cborg'

const raw = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'))
const text = (value: string): Uint8Array => Uint8Array.from(Buffer.from(value))

/** Items of CBOR that decoders have been known to stumble over. */
export const cborDictionary: readonly Uint8Array[] = [
  ...[0, 1, 23, 24, 255, 256, 65_535, 65_536, 2 ** 32 - 1, 2 ** 32, Number.MAX_SAFE_INTEGER].map((n) => encode(n)),
  ...[-1, -24, -25, -256, Number.MIN_SAFE_INTEGER].map((n) => encode(n)),
  ...['', 'a', 'haggle', '__proto__', 'constructor', 'toString', 'cafe\u0301', '\u{1f91d}'].map((t) => encode(t)),
  ...[true, false, null, [], [[]], [[[[]]]]].map((value) => encode(value)),
  ...[0, 1, 31, 32, 33, 63, 64, 65, 300].map((length) => encode(new Uint8Array(length))),
  ...[
    '1800 190000 1a00000000 1b0000000000000000', // integers that are longer than they need be
    '1b0020000000000000 1bffffffffffffffff 3bffffffffffffffff', // integers beyond 2^53
    'f97e00 fa7fc00000 fb7ff8000000000000 f90000 fb3ff0000000000000', // floats
    'f7 e0 f0 f8ff f820 ff fc fd fe 1c 3d 5e', // undefined, simple values, a break, heads of nothing
    'a0 a1616101 a2616101616102 a1695f5f70726f746f5f5fa0', // maps
    'c000 c249010000000000000000 d9d9f700', // tags
    '5f4101ff 7f6161ff 9f01ff bf616101ff 9f', // indefinite lengths
    '5bffffffffffffffff 7b001fffffffffffff 9b001fffffffffffff 9affffffff 5affffffff', // lengths that lie
    '63efbbbf 63eda080 61ff 62c080 64f8888080', // a byte order mark, a surrogate, broken UTF-8
    '81818181818181818181818181818181818181818181818181818180', // a nest
  ].flatMap((list) => list.split(' ').map(raw)),
]

/** Pieces of text that parsers have been known to stumble over. */
export const textDictionary: readonly Uint8Array[] = [
  ...['0', '-0', '-1', '1e400', '1E-400', '9007199254740993', '0x10', 'NaN', 'Infinity', '1.5', '01', '٣'],
  ...['null', 'true', '{}', '[]', '""', '"__proto__"', '"constructor"', '"toString"', '{"__proto__":{"a":1}}'],
  ...[
    ',',
    ':',
    '{',
    '}',
    '[',
    ']',
    '"',
    '\\',
    '\\u0000',
    '"\\ud800"',
    '\n',
    '\r\n',
    '\t',
    '\0',
    ' ',
    '\u2028',
    '\ufeff',
  ],
  ...['{"a":1,"a":2}', '['.repeat(200), '{"a":'.repeat(100), 'a'.repeat(300), '%00', '../', '~', '$HOME', '${x}', '--'],
  ...['1h', '1.5m', '500ms', '9'.repeat(40), '0.000001', '[::1]:0', '127.0.0.1:65536', 'hash:', 'cmd:', 'e\u0301'],
  ...['"$ref":"#"', '"pattern":"(a+)+$"', '"type":"object"', '"items":{}', '"enum":[]', '"uniqueItems":true'],
].map(text)

/** Lengths, offsets and counts that are rarely right. */
export const numbers: readonly number[] = [
  0, 1, 2, 0x7f, 0x80, 0xff, 0x100, 0x7fff, 0xffff, 0x1_0000, 0x7fff_ffff, 0xffff_ffff,
]
