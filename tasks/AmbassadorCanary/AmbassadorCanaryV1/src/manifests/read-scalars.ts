/**
 * What a YAML scalar means. YAML 1.1 and 1.2 disagree on `yes`, `010`, `0o17` or `1_000`, and kubectl follows neither to the letter: its
 * reader is go-yaml v2 (sigs.k8s.io/yaml, `resolve.go`). The users' stable versions were applied through it, so what we
 * send must be what kubectl would send, or a release would change things that nobody changed:
 *
 * - `y`, `yes`, `on`, `true` and `n`, `no`, `off`, `false`, in lower case, capitals or capitalised, are booleans;
 * - `010`, `0o10` and `0x8` are 8 as `08` is, `0b11` is 3, `1_000` is 1000; `1e3` and a git hash such as `12345e6` are numbers;
 * - `10:30` (base 60 in YAML 1.1) and dates are strings, `.5` and `5.` numbers.
 *
 * Refused are the integers that JavaScript can't hold exactly, which kubectl keeps up to 64 bits, infinity and NaN, which it refuses as well.
 */
export type ScalarMeaning =
  | { readonly kind: 'value'; readonly value: string | number | boolean | null }
  | { readonly kind: 'bad'; readonly reason: string; readonly hint?: string };

const words = new Map<string, boolean | null>([
  ...spellings(['y', 'yes', 'true', 'on'], true),
  ...spellings(['n', 'no', 'false', 'off'], false),
  ...spellings(['null'], null),
  ['', null],
  ['~', null],
]);
const noNumber = /^(?:[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/;
const decimalInteger = /^[-+]?[0-9]+$/;
const prefixedInteger = /^([-+]?)0(?:([xX][0-9a-fA-F]+)|([bB][01]+)|[oO]?([0-7]+))$/;
const float = /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/;
const separated = /^\.[0-9]+(?:_[0-9]+)*(?:[eE][-+]?[0-9]+(?:_[0-9]+)*)?$/;
/** At most six digits and written as JSON would: what kubectl leaves as it is. */
const plainestDecimal = /^-?(?:0|[1-9][0-9]{0,2})\.[0-9]{0,2}[1-9]$/;

/** The meaning of an unquoted scalar without a tag. */
export function meaningOfPlain(text: string): ScalarMeaning {
  const word = words.get(text);
  if (word !== undefined) return valued(word);
  const first = text.charCodeAt(0);
  const mayBeNumber = (first >= 0x30 && first <= 0x39) || first === 0x2b || first === 0x2d || first === 0x2e;
  if (!mayBeNumber) return valued(text);
  if (noNumber.test(text)) return { kind: 'bad', reason: `${text} is not a number that JSON knows` };
  // Behind a leading point underscores must separate digits; else they may be anywhere.
  if (first === 0x2e && !separated.test(text)) return valued(text);
  return numberOrText(text.replaceAll('_', ''), text);
}

/** The meaning of a scalar with an explicit tag, whatever its quotes. Kubernetes knows no tags of its own: kubectl takes those as text. */
export function meaningOfTagged(tag: string, text: string): ScalarMeaning {
  const short = tag.replace(/^tag:yaml\.org,2002:/, '!!');
  if (short === '!!binary') {
    return {
      kind: 'bad',
      reason: '!!binary values cannot be sent as JSON',
      hint: 'Write the base64 text without the tag',
    };
  }
  const wanted = wantedTypes[short];
  if (wanted === undefined) return valued(text);
  const meaning = meaningOfPlain(text);
  if (meaning.kind === 'bad' || wanted(meaning.value)) return meaning;
  return { kind: 'bad', reason: `what ${short} marks is none` };
}

/**
 * The key that an unquoted or tagged scalar makes: always text, as in JSON. `on:` and `yes:` become `true`, `010:` becomes `8`, as with kubectl.
 * Refused are null, and numbers with a point or an exponent but the plainest, because kubectl writes `1.10` as `1.1` and `1e7` as `1e+07`.
 */
export function keyOf(meaning: ScalarMeaning, text: string): ScalarMeaning {
  if (meaning.kind === 'bad' || typeof meaning.value === 'string') return meaning;
  if (meaning.value === null) return { kind: 'bad', reason: 'a key is null', hint: 'Quote the key' };
  if (typeof meaning.value === 'boolean' || !/[.eE]/.test(text) || prefixedInteger.test(text)) {
    return valued(String(meaning.value));
  }
  if (plainestDecimal.test(text)) return valued(text);
  return {
    kind: 'bad',
    reason: `the key ${text} is a number that would be written in another way`,
    hint: 'Quote the key',
  };
}

const wantedTypes: Readonly<
  Record<string, ((value: string | number | boolean | null) => boolean) | undefined>
> = {
  '!!int': value => Number.isInteger(value),
  '!!float': value => typeof value === 'number',
  '!!bool': value => typeof value === 'boolean',
  '!!null': value => value === null,
};

function numberOrText(plain: string, text: string): ScalarMeaning {
  const prefixed = prefixedInteger.exec(plain);
  if (prefixed !== null) {
    const [, sign = '', hex, binary, octal] = prefixed;
    const size = BigInt(`0${hex ?? binary ?? `o${octal}`}`);
    // Beyond 64 bits kubectl takes these as text: an address of 20 bytes stays one.
    if (size >= 2n ** (sign === '' ? 64n : 63n) && !/^[-+]?[0-9]+$/.test(plain)) return valued(text);
    return exactInteger(sign === '-' ? -size : size);
  }
  if (!float.test(plain)) return valued(text);
  if (decimalInteger.test(plain)) return exactInteger(Number(plain));
  const number = Number(plain);
  return valued(Number.isFinite(number) ? number : text);
}

/** Messages do not repeat the number: it may be of a Secret. */
function exactInteger(value: number | bigint): ScalarMeaning {
  const number = Number(value);
  if (Number.isSafeInteger(number)) return valued(number);
  return {
    kind: 'bad',
    reason: 'an integer is too large to be kept exactly',
    hint: 'Quote it if it is a text, a label or a quantity',
  };
}

/** There is no negative zero in Kubernetes. */
function valued(value: string | number | boolean | null): ScalarMeaning {
  return { kind: 'value', value: value === 0 ? 0 : value };
}

function spellings<T>(stems: readonly string[], value: T): [string, T][] {
  return stems.flatMap(stem => [
    [stem, value] as [string, T],
    [stem.toUpperCase(), value] as [string, T],
    [stem.charAt(0).toUpperCase() + stem.slice(1), value] as [string, T],
  ]);
}
