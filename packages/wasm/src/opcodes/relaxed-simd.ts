import type { OpTable } from './op-table.ts';

/** Relaxed vector instructions (WebAssembly 3.0, 5.4.10): results may differ between processors within stated bounds. */
export const relaxedSimdOps = {
  'i8x16.relaxed_swizzle': [0xfd100, 'v128 v128', 'v128'],
  'i32x4.relaxed_trunc_f32x4_s': [0xfd101, 'v128', 'v128'],
  'i32x4.relaxed_trunc_f32x4_u': [0xfd102, 'v128', 'v128'],
  'i32x4.relaxed_trunc_f64x2_s_zero': [0xfd103, 'v128', 'v128'],
  'i32x4.relaxed_trunc_f64x2_u_zero': [0xfd104, 'v128', 'v128'],
  'f32x4.relaxed_madd': [0xfd105, 'v128 v128 v128', 'v128'],
  'f32x4.relaxed_nmadd': [0xfd106, 'v128 v128 v128', 'v128'],
  'f64x2.relaxed_madd': [0xfd107, 'v128 v128 v128', 'v128'],
  'f64x2.relaxed_nmadd': [0xfd108, 'v128 v128 v128', 'v128'],
  'i8x16.relaxed_laneselect': [0xfd109, 'v128 v128 v128', 'v128'],
  'i16x8.relaxed_laneselect': [0xfd10a, 'v128 v128 v128', 'v128'],
  'i32x4.relaxed_laneselect': [0xfd10b, 'v128 v128 v128', 'v128'],
  'i64x2.relaxed_laneselect': [0xfd10c, 'v128 v128 v128', 'v128'],
  'f32x4.relaxed_min': [0xfd10d, 'v128 v128', 'v128'],
  'f32x4.relaxed_max': [0xfd10e, 'v128 v128', 'v128'],
  'f64x2.relaxed_min': [0xfd10f, 'v128 v128', 'v128'],
  'f64x2.relaxed_max': [0xfd110, 'v128 v128', 'v128'],
  'i16x8.relaxed_q15mulr_s': [0xfd111, 'v128 v128', 'v128'],
  'i16x8.relaxed_dot_i8x16_i7x16_s': [0xfd112, 'v128 v128', 'v128'],
  'i32x4.relaxed_dot_i8x16_i7x16_add_s': [0xfd113, 'v128 v128 v128', 'v128'],
} as const satisfies OpTable;
