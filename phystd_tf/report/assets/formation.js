"use strict";
// The algebra of Eq. (5) and (8), and how stored pixels become values again.

/** Values of stored pixels: offset + scale * pixel. RGBA bytes to a Float32Array of the first `channels`. */
function dequantize(rgba, { offset, scale }, channels) {
  const values = new Float32Array((rgba.length / 4) * channels);
  for (let place = 0; place < values.length; place++) {
    const pixel = Math.floor(place / channels);
    values[place] = offset + scale * rgba[4 * pixel + (place % channels)];
  }
  return values;
}

/**
 * Eq. (5) with weights: (1 - p P)(I - (b B + c C + t T)) + p cover, where cover = P I_P.
 * With sign = 1, and the traces and the cover of another face, it is Eq. (8).
 * All are arrays of RGB but P; returns values that are not clipped.
 */
function compose(image, { B, C, T, P, cover }, { b, c, t, p }, sign) {
  const values = new Float32Array(image.length);
  for (let place = 0; place < values.length; place++) {
    const trace = b * B[place] + c * C[place] + t * T[place];
    const open = p * P[Math.floor(place / 3)];
    values[place] = (1 - open) * (image[place] + sign * trace) + p * cover[place];
  }
  return values;
}

/** A difference of two images, amplified around middle gray. */
function amplified(first, second, gain) {
  return first.map((value, place) => 0.5 + (gain / 2) * (value - second[place]));
}
