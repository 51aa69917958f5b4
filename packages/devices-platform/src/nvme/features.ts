import { Feature, Status } from './registers.ts';
import type { FeaturesState } from './state.ts';

const COUNT = 12;
/** Bits of a feature's value that a driver can set; features without any are not there. */
const WRITABLE: ArrayLike<number> = [0, -1 & ~0xf8, 0x1f, 0, 0xffff, 0xffff, 1, 0, 0xffff, 0, 1, 0x31f];
/** TMPSEL: the composite temperature, and all (figure 275). */
const COMPOSITE = 0, EVERY_SENSOR = 15;
const HIGHEST = 0xffff;
/** Kelvin. It never changes. */
export const TEMPERATURE = 313;
const WARNING = 343;

/** The features that are mandatory, and the write cache (5.21.1). A value that is only a hint is kept and changes nothing. */
export class Features {
  readonly #queues: number;
  readonly #values = new Int32Array(COUNT);
  #underTemperature = 0;
  readonly #notCoalesced: boolean[];

  constructor(queues: number) {
    this.#queues = queues;
    this.#notCoalesced = Array<boolean>(queues + 1).fill(false);
    this.reset();
  }

  get writeCache(): boolean {
    return this.#values[Feature.VOLATILE_WRITE_CACHE] === 1;
  }
  /** Events of health that the driver wants to hear of, as bits of the critical warning (5.21.1.11). */
  get healthEvents(): number {
    return this.#values[Feature.ASYNC_EVENTS]! & 0xff;
  }
  /** Critical warning (figure 194): the temperature is beyond a threshold. */
  get criticalWarning(): number {
    const over = TEMPERATURE >= this.#values[Feature.TEMPERATURE_THRESHOLD]!;
    return over || TEMPERATURE <= this.#underTemperature ? 0x2 : 0;
  }
  /** What Set Features and Get Features say of the number of queues; both count from zero. */
  get #numberOfQueues(): number {
    return (this.#queues - 1) * 0x1_0001;
  }

  /** Get Features: `value` is valid when the status says success. */
  get(id: number, argument: number): { status: number; value: number } {
    switch (id) {
      case Feature.NUMBER_OF_QUEUES:
        return { status: Status.SUCCESS, value: this.#numberOfQueues };
      case Feature.TEMPERATURE_THRESHOLD: {
        const sensor = (argument >> 16) & 15;
        const value = ((argument >> 20) & 3) === 1 ? this.#underTemperature : this.#values[id]!;
        return sensor === COMPOSITE ? { status: Status.SUCCESS, value } : { status: Status.INVALID_FIELD, value: 0 };
      }
      case Feature.INTERRUPT_VECTOR: {
        const vector = argument & 0xffff;
        const found = this.#notCoalesced[vector];
        return found === undefined ? { status: Status.INVALID_FIELD, value: 0 } : { status: Status.SUCCESS, value: vector | (found ? 0x1_0000 : 0) };
      }
      default:
        return (WRITABLE[id] ?? 0) === 0 ? { status: Status.INVALID_FIELD, value: 0 } : { status: Status.SUCCESS, value: this.#values[id]! };
    }
  }

  /** Set Features. `active` is whether I/O queues exist: then their number is settled (5.21.1.7). */
  set(id: number, value: number, active: boolean): { status: number; value: number } {
    const status = this.#set(id, value, active);
    return { status, value: status === Status.SUCCESS && id === Feature.NUMBER_OF_QUEUES ? this.#numberOfQueues : 0 };
  }

  reset(): void {
    this.#values.fill(0);
    this.#values[Feature.TEMPERATURE_THRESHOLD] = WARNING;
    this.#values[Feature.VOLATILE_WRITE_CACHE] = 1;
    this.#underTemperature = 0;
    this.#notCoalesced.fill(false);
  }

  save(): FeaturesState {
    return { values: [...this.#values], underTemperature: this.#underTemperature, notCoalesced: [...this.#notCoalesced] };
  }

  restore({ values, underTemperature, notCoalesced }: FeaturesState): void {
    this.#values.set(values);
    this.#underTemperature = underTemperature;
    for (let i = 0; i < this.#notCoalesced.length; i++) this.#notCoalesced[i] = notCoalesced[i] ?? false;
  }

  #set(id: number, value: number, active: boolean): number {
    switch (id) {
      case Feature.NUMBER_OF_QUEUES:
        if (active) return Status.COMMAND_SEQUENCE_ERROR;
        return (value & 0xffff) === HIGHEST || value >>> 16 === HIGHEST ? Status.INVALID_FIELD : Status.SUCCESS;
      case Feature.TEMPERATURE_THRESHOLD:
        return this.#setThreshold(value);
      case Feature.INTERRUPT_VECTOR:
        if ((value & 0xffff) >= this.#notCoalesced.length) return Status.INVALID_FIELD;
        this.#notCoalesced[value & 0xffff] = (value & 0x1_0000) !== 0;
        return Status.SUCCESS;
      case Feature.POWER_MANAGEMENT:
        // There is power state 0 only.
        return (value & 0x1f) === 0 ? Status.SUCCESS : Status.INVALID_FIELD;
      default: {
        const mask = WRITABLE[id] ?? 0;
        if (mask === 0) return Status.INVALID_FIELD;
        this.#values[id] = value & mask;
        return Status.SUCCESS;
      }
    }
  }

  #setThreshold(value: number): number {
    const sensor = (value >> 16) & 15;
    const kind = (value >> 20) & 3;
    if ((sensor !== COMPOSITE && sensor !== EVERY_SENSOR) || kind > 1) return Status.INVALID_FIELD;
    if (kind === 1) this.#underTemperature = value & 0xffff;
    else this.#values[Feature.TEMPERATURE_THRESHOLD] = value & 0xffff;
    return Status.SUCCESS;
  }
}
