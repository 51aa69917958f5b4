/**
 * The Gregorian calendar in days since 1 January 1970. Years begin in March here, so that the leap day is the last one.
 */

/** Days in 400 years. */
const ERA = 146_097;
/** Days from 1 March of the year 0 to 1 January 1970. */
const EPOCH = 719_468;

/** @hot Day number of a date; a day or month beyond its range runs on into the next. */
export function daysOf(year: number, month: number, day: number): number {
  const y = month > 2 ? year : year - 1;
  const era = Math.floor(y / 400);
  const yearOfEra = y - 400 * era;
  const monthFromMarch = (month + 9) % 12;
  const dayOfYear = Math.floor((153 * monthFromMarch + 2) / 5) + day - 1;
  return era * ERA + yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear - EPOCH;
}

/** @hot */
function yearFromMarch(days: number): number {
  const z = days + EPOCH;
  const era = Math.floor(z / ERA);
  const dayOfEra = z - era * ERA;
  const leaps = Math.floor(dayOfEra / 1460) - Math.floor(dayOfEra / 36_524) + Math.floor(dayOfEra / 146_096);
  return 400 * era + Math.floor((dayOfEra - leaps) / 365);
}

/** @hot Days since 1 March. */
function dayFromMarch(days: number): number {
  return days - daysOf(yearFromMarch(days), 3, 1);
}

/** @hot */
export function monthOf(days: number): number {
  const month = Math.floor((5 * dayFromMarch(days) + 2) / 153);
  return month < 10 ? month + 3 : month - 9;
}

/** @hot Day of the month, from 1. */
export function dayOf(days: number): number {
  const day = dayFromMarch(days);
  const month = Math.floor((5 * day + 2) / 153);
  return day - Math.floor((153 * month + 2) / 5) + 1;
}

/** @hot */
export function yearOf(days: number): number {
  const year = yearFromMarch(days);
  return monthOf(days) <= 2 ? year + 1 : year;
}

/** @hot 0 is Sunday. */
export function weekdayOf(days: number): number {
  return (((days + 4) % 7) + 7) % 7;
}
