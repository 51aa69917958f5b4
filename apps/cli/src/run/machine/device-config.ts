import { PolyvisorError, type AnyDevicePlugin } from '@polyvisor/core';
import { runErrors } from '../errors.ts';
import type { Settings } from '../options/settings.ts';

/** Whether the plugin has such a setting. */
export function hasSetting(plugin: AnyDevicePlugin, key: string): boolean {
  const parsed = plugin.config.safeParse({ [key]: null });
  return parsed.success || !parsed.error.issues.some((issue) => issue.code === 'unrecognized_keys' && issue.keys.includes(key));
}

/**
 * A plugin's configuration of what stands in `-device`: `on` and `off`, numbers and text, as the plugin's schema wants
 * them. `given` is what the composition says itself.
 */
export function configOf(plugin: AnyDevicePlugin, settings: Settings, given: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const texts = settings.rest();
  const config: Record<string, unknown> = { ...given, ...Object.fromEntries([...texts].map(([key, text]) => [key, valueOf(text)])) };
  const first = plugin.config.safeParse(config);
  if (first.success) return config;
  // A text may look like a number.
  for (const { path, code } of first.error.issues) {
    const [key] = path;
    const text = typeof key === 'string' ? texts.get(key) : undefined;
    if (code === 'invalid_type' && text !== undefined) config[key as string] = text;
  }
  const second = plugin.config.safeParse(config);
  if (second.success) return config;
  const [issue] = second.error.issues;
  const where = issue?.path.join('.') ?? '';
  throw new PolyvisorError([runErrors['device-setting']('', { driver: plugin.kind, setting: where, why: issue?.message ?? '' })]);
}

function valueOf(text: string): unknown {
  if (text === 'on' || text === 'true') return true;
  if (text === 'off' || text === 'false') return false;
  return /^(0x[0-9a-f]+|\d+)$/i.test(text) ? Number(text) : text;
}
