// Values that a JSON round trip changes, each with what is wrong with it. They are given as `value`, so that the
// path in the problem begins with that name.

class Money {}
class Items extends Array<number> {}

const circle: Record<string, unknown> = {};
circle['self'] = circle;
const sparse: number[] = [1];
sparse[2] = 3;
let deep: unknown = 1;
for (let level = 0; level < 5000; level += 1) deep = [deep];

export const notPlainData: readonly (readonly [name: string, value: unknown, problem: string])[] = [
  ['a date', new Date(0), 'value is an instance of Date'],
  ['a map', new Map(), 'value is an instance of Map'],
  ['a function', () => 1, 'value is a function'],
  ['a symbol', Symbol('x'), 'value is a symbol'],
  ['a big integer', 1n, 'value is a bigint'],
  ['NaN', Number.NaN, 'value is NaN'],
  ['an infinite number', Number.POSITIVE_INFINITY, 'value is Infinity'],
  ['-0', [0, -0], 'value[1] is -0'],
  ['undefined in an array', [undefined], 'value[0] is undefined, which JSON turns into null'],
  ['a sparse array', sparse, 'value[1] is undefined, which JSON turns into null'],
  ['an instance of a class', new Money(), 'value is an instance of Money'],
  ['an instance of a subclass of Array', Items.of(1), 'value is an instance of Items'],
  [
    'an array with a property',
    Object.assign([1], { total: 1 }),
    'value is an array with other properties than its elements',
  ],
  [
    'an array with a symbol as key',
    Object.assign([1], { [Symbol('x')]: 1 }),
    'value is an array with other properties than its elements',
  ],
  ['a symbol as key', { [Symbol('x')]: 1 }, 'value has the key Symbol(x), which is no string'],
  [
    'a property that is not enumerable',
    Object.defineProperty({}, 'total', { value: 1 }),
    'value.total is not enumerable, so JSON leaves it out',
  ],
  ['a prototype that is not the usual one', Object.create({}), 'value has a prototype of its own'],
  [
    '__proto__ as a name',
    JSON.parse('[{"__proto__":{"x":1}}]'),
    'value[0].__proto__ is not allowed as a name',
  ],
  ['an object that contains itself', circle, 'value.self contains itself'],
  ['5,000 levels', deep, 'value[0][0][0][0][0][0][0][0][0]… is more than 100 levels deep'],
  [
    'a problem deep inside',
    { list: [{ 'paid at': new Date(0) }] },
    'value.list[0]["paid at"] is an instance of Date',
  ],
  [
    'a problem inside something frozen',
    Object.freeze({ at: new Date(0) }),
    'value.at is an instance of Date',
  ],
];
