import { scaleOne } from "./units";

const thin = "\u202f"; // narrow no-break space
const figure = "\u2007"; // as wide as a digit
const pointSpace = "\u2008"; // as wide as a point

/** grouped writes a decimal numeral with thin spaces between thousands, from five digits on. */
export function grouped(numeral: string): string {
  const [whole = "", fraction] = numeral.split(".");
  const digits = whole.replace("-", "");
  if (digits.length < 5) return minus(numeral);
  const spaced = digits.replace(/\B(?=(\d{3})+$)/g, thin);
  return minus((whole.startsWith("-") ? "-" : "") + spaced + (fraction === undefined ? "" : "." + fraction));
}

function minus(numeral: string): string {
  return numeral.replaceAll("-", "−");
}

/** decimalsFor is how many decimals show a value with the given significant digits. */
export function decimalsFor(value: number, significant: number): number {
  if (value === 0 || !Number.isFinite(value)) return 0;
  return Math.max(0, significant - 1 - Math.floor(Math.log10(Math.abs(value))));
}

/** significant writes a number with at most so many significant digits; far sizes get an exponent. */
export function significant(value: number, digits = 4): string {
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size >= 1e15 || size < 1e-6) return exponential(value, digits);
  const fixed = value.toFixed(Math.min(decimalsFor(value, digits), 12));
  // Rounding up may have added a digit: 9.9996 is 10.00, not 10.000.
  const again = decimalsFor(Number(fixed), digits);
  return grouped(value.toFixed(Math.min(again, 12)));
}

/** exponential writes a number as 1.5e−7. */
export function exponential(value: number, digits: number): string {
  return minus(value.toExponential(digits - 1).replace("e+", "e"));
}

/** trimmed is significant without the zeros that end a fraction. */
export function trimmed(value: number, digits = 4): string {
  const text = significant(value, digits);
  return /[.]\d*$/.test(text) ? text.replace(/[.]?0+$/, "") : text;
}

/** aligned pads a numeral so that decimal points of a column stand below each other. */
export function aligned(numeral: string, decimals: number): string {
  if (decimals === 0 || numeral.includes("e")) return numeral;
  const at = numeral.indexOf(".");
  const have = at < 0 ? 0 : numeral.length - at - 1;
  if (have >= decimals) return numeral;
  return numeral + (at < 0 ? pointSpace : "") + figure.repeat(decimals - have);
}

/** quantity writes a value with its unit, scaled for itself: "1.46 ms". */
export function quantity(value: number, unit = "", digits = 3): string {
  const scale = scaleOne(unit, value);
  return withUnit(trimmed(value / scale.divisor, digits), scale.label);
}

/** withUnit joins a numeral and the unit that it is in. */
export function withUnit(numeral: string, unit: string): string {
  return unit === "" ? numeral : numeral + (unit === "%" ? thin : "\u00a0") + unit;
}

/** exact is the stored value in full, for hover and copy. */
export function exact(value: number | string | boolean | null): string {
  return value === null ? "" : String(value);
}

/** duration writes nanoseconds for a person: "340 µs", "1.46 s", "2 min 5 s". */
export function duration(ns: number): string {
  if (ns < 60e9) return quantity(ns, "ns");
  const seconds = Math.round(ns / 1e9);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/** count writes a whole number with its noun, in the plural where due. */
export function count(n: number, noun: string): string {
  return `${grouped(String(n))} ${noun}${n === 1 ? "" : "s"}`;
}
