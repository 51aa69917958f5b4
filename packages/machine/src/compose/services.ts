import { InterruptControllerToken, type Problem, type Scope, type Token } from '@polyvisor/core';
import { machineErrors } from '../errors.ts';
import type { DevicePlan } from './plan.ts';
import type { NamedService } from './plugins.ts';

/** Where a service comes from: the scope or a named service, or the device `id` under the name it gave it. */
export type Source =
  | { readonly from: 'outside'; readonly get: () => unknown }
  | { readonly from: 'device'; readonly id: string; readonly name: string };

interface Offer {
  readonly label: string;
  readonly key: symbol;
  readonly source: Source;
}

/** Finds who provides what, and the order in which devices have to be created. */
export class ServiceBinder {
  readonly #named: Offer[];
  readonly #devices: Offer[] = [];
  readonly #scope: Scope;
  readonly #problems: Problem[];

  constructor(scope: Scope, named: readonly NamedService[], problems: Problem[]) {
    this.#scope = scope;
    this.#problems = problems;
    this.#named = named.map(({ token, value, name }) => ({
      label: name,
      key: token.key,
      source: { from: 'outside', get: () => value },
    }));
  }

  offerFrom(id: string, provides: Readonly<Record<string, Token<unknown>>>): void {
    for (const [name, token] of Object.entries(provides)) {
      this.#devices.push({ label: id, key: token.key, source: { from: 'device', id, name } });
    }
  }

  /**
   * The provider of a wanted service: the one the description names; else the only device that provides it; else the
   * scope's; else the only named one.
   */
  bind(place: string, wanted: string, token: Token<unknown>, choice: string | undefined): Source | undefined {
    const devices = this.#devices.filter((o) => o.key === token.key);
    const named = this.#named.filter((o) => o.key === token.key);
    if (choice !== undefined) {
      const offers = [...named, ...devices];
      const chosen = offers.find((o) => o.label === choice);
      if (!chosen) {
        const params = { service: wanted, name: choice, token: token.name, known: offers.map((o) => o.label) };
        this.#problems.push(machineErrors['unknown-service-name'](place, params));
      }
      return chosen?.source;
    }
    if (devices.length === 0 && this.#scope.has(token)) return { from: 'outside', get: () => this.#scope.get(token) };
    const candidates = devices.length > 0 ? devices : named;
    if (candidates.length > 1) {
      const params = { service: wanted, token: token.name, providers: candidates.map((o) => o.label) };
      this.#problems.push(machineErrors['ambiguous-service'](place, params));
    } else if (candidates.length === 0) {
      this.#problems.push(machineErrors['missing-service'](place, { service: wanted, token: token.name }));
    }
    return candidates.length === 1 ? candidates[0]?.source : undefined;
  }

  /** The device that provides a service, if exactly one does. */
  optional(token: Token<unknown>): Source | undefined {
    const found = this.#devices.filter((o) => o.key === token.key);
    return found.length === 1 ? found[0]?.source : undefined;
  }

  /** The device or outside service that is the interrupt controller, if a line or message needs one. */
  interruptController(place: string): Source | undefined {
    return this.bind(place, 'interrupt controller', InterruptControllerToken, undefined);
  }
}

/** Devices in an order in which each comes after those it needs. */
export function creationOrder(devices: readonly DevicePlan[], problems: Problem[]): DevicePlan[] {
  const byId = new Map(devices.map((d) => [d.id, d]));
  const done = new Set<string>();
  const order: DevicePlan[] = [];
  const visit = (device: DevicePlan, path: readonly string[]): void => {
    if (done.has(device.id)) return;
    if (path.includes(device.id)) {
      const circle = [...path.slice(path.indexOf(device.id)), device.id];
      problems.push(machineErrors['service-cycle'](`devices.${device.id}`, { path: circle }));
      done.add(device.id);
      return;
    }
    for (const id of device.needs) {
      const needed = byId.get(id);
      if (needed) visit(needed, [...path, device.id]);
    }
    if (done.has(device.id)) return;
    done.add(device.id);
    order.push(device);
  };
  for (const device of devices) visit(device, []);
  return order;
}
