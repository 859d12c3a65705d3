const pattern = /^([+-]?)(\d+\.?\d*|\.\d+)(m|u|n|k|M|G|T|P|E|[KMGTPE]i)?$/;
const withExponent = /^[+-]?(\d+\.?\d*|\.\d+)[eE][+-]?\d+$/;
const binary = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];
const decimal = ['n', 'u', 'm', '', 'k', 'M', 'G', 'T', 'P', 'E'];

/**
 * A quantity in the form that the API server writes: the largest suffix that leaves a whole number, `0.5` as `500m`, `1024Mi` as
 * `1Gi`. `undefined` for text that is none. One with an exponent stays as it is, though the API server may write it otherwise.
 */
export function canonicalQuantity(value: string | number): string | undefined {
  if (withExponent.test(String(value))) return String(value);
  const match = pattern.exec(String(value));
  if (!match) return undefined;
  const [, sign = '', digits = '', suffix = ''] = match;
  const isBinary = suffix.endsWith('i');
  // In thousandths of a millionth: whole for everything that a quantity can say.
  const amount = scaled(digits, suffix);
  if (amount === 0n) return '0';
  if (isBinary && amount % nano === 0n) return sign + largestSuffix(amount / nano, binary, 1024n);
  return sign + largestSuffix(amount, decimal, 1000n);
}

const nano = 1_000_000_000n;

function scaled(digits: string, suffix: string): bigint {
  const [whole = '', fraction = ''] = digits.split('.');
  const power = 9 - fraction.length;
  const number = BigInt(whole + fraction || '0');
  const amount = power >= 0 ? number * 10n ** BigInt(power) : number / 10n ** BigInt(-power);
  if (suffix === '') return amount;
  const step = decimal.indexOf(suffix) - decimal.indexOf('');
  if (suffix.endsWith('i')) return amount * 1024n ** BigInt(binary.indexOf(suffix));
  return step >= 0 ? amount * 1000n ** BigInt(step) : amount / 1000n ** BigInt(-step);
}

function largestSuffix(amount: bigint, suffixes: readonly string[], step: bigint): string {
  let rest = amount;
  let index = 0;
  while (index < suffixes.length - 1 && rest % step === 0n) {
    rest /= step;
    index++;
  }
  return `${rest}${suffixes[index] ?? ''}`;
}
