// Uint8 NHWC batches into the element type and layout of the output.
//
// NVRTC compiles this file without any header; host.h compiles it as C++. Floats are not computed
// here: the host passes the bits of the element for each byte of each channel, so that a batch on
// the GPU equals the CPU's to the bit, and 16-bit floats need no header either.
//
// `source` and `target` start on 16 bytes, a sample has at least one pixel and 1 or 3 channels.
// Indices are 64-bit: a batch may have more than 4 Gi elements.
//
// The kernels are bound by memory. Consecutive threads write consecutive 16 bytes, the widest store
// there is, so that each store of a warp fills whole cache lines. A thread reads just the bytes for
// those 16, in loads as wide as that allows: reading 16 bytes for 64 bytes of float32 would scatter
// the stores.

// The host build loops over the threads of a block here, once between two barriers.
#ifndef EACH_THREAD
#define EACH_THREAD
#endif

constexpr unsigned BLOCK = 256;
constexpr unsigned STORE_BYTES = 16;

// The bits of the element for each byte of each channel.
template <typename Element>
struct alignas(STORE_BYTES) Table {
  Element values[3][256];

  __device__ Element at(unsigned channel, unsigned byte) const { return values[channel][byte]; }
};

using Table32 = Table<unsigned>;
using Table16 = Table<unsigned short>;

// Bytes that stay as they are.
struct Identity {
  __device__ unsigned char at(unsigned, unsigned byte) const {
    return static_cast<unsigned char>(byte);
  }
};

__device__ inline unsigned long long thread_index() {
  return static_cast<unsigned long long>(blockIdx.x) * BLOCK + threadIdx.x;
}

__device__ inline unsigned long long thread_count() {
  return static_cast<unsigned long long>(gridDim.x) * BLOCK;
}

// Which group of a sample a thread is at in its way through the batch. Two divisions at the start
// replace one at each group, which would be 64-bit and cost more than the conversion.
class Position {
 public:
  __device__ explicit Position(unsigned long long groups)
      : sample(thread_index() / groups),
        group(thread_index() % groups),
        groups_(groups),
        sample_step_(thread_count() / groups),
        group_step_(thread_count() % groups) {}

  __device__ void advance() {
    sample += sample_step_;
    group += group_step_;
    if (group >= groups_) {
      group -= groups_;
      ++sample;
    }
  }

  unsigned long long sample;
  unsigned long long group;

 private:
  unsigned long long groups_;
  unsigned long long sample_step_;
  unsigned long long group_step_;
};

// Kernel parameters are in constant memory, which serves one address at a time: the copy in shared
// memory answers 32 threads at once. 16 bytes an access make the copy short.
template <typename Element>
__device__ void load_table(const Table<Element> &table, Table<Element> &shared) {
  constexpr unsigned pieces = sizeof(table) / sizeof(uint4);
  static_assert(pieces <= BLOCK, "each thread copies one piece at most");
  if (threadIdx.x < pieces) {
    reinterpret_cast<uint4 *>(&shared)[threadIdx.x] =
        reinterpret_cast<const uint4 *>(&table)[threadIdx.x];
  }
}

// Reads `Bytes` bytes, aligned to as many, into little-endian words.
template <unsigned Bytes>
__device__ void load(const unsigned char *__restrict__ source, unsigned *words) {
  static_assert(Bytes == 4 || Bytes == 8 || Bytes == 16, "the widths of loads");
  if constexpr (Bytes == 4) {
    words[0] = *reinterpret_cast<const unsigned *>(source);
  } else if constexpr (Bytes == 8) {
    const uint2 loaded = *reinterpret_cast<const uint2 *>(source);
    words[0] = loaded.x;
    words[1] = loaded.y;
  } else {
    const uint4 loaded = *reinterpret_cast<const uint4 *>(source);
    words[0] = loaded.x;
    words[1] = loaded.y;
    words[2] = loaded.z;
    words[3] = loaded.w;
  }
}

__device__ inline unsigned byte_of(const unsigned *words, unsigned index) {
  return words[index / 4] >> (index % 4 * 8) & 0xff;
}

// The elements of one 16-byte store.
template <typename Element>
class Packed {
 public:
  static constexpr unsigned LENGTH = STORE_BYTES / sizeof(Element);

  __device__ void set(unsigned index, Element element) {
    constexpr unsigned in_word = sizeof(unsigned) / sizeof(Element);
    words_[index / in_word] |= static_cast<unsigned>(element)
                               << (index % in_word * 8 * sizeof(Element));
  }

  __device__ void store(Element *target) const {
    *reinterpret_cast<uint4 *>(target) = uint4{words_[0], words_[1], words_[2], words_[3]};
  }

 private:
  unsigned words_[4] = {0, 0, 0, 0};
};

// To the same order of elements. The batch is one run of elements here, so that samples of any size
// get 16-byte stores; only the last few elements of the batch do not fill one.
template <typename Element, typename Values>
__device__ void convert_in_order(const Values &values, const unsigned char *__restrict__ source,
                                 Element *__restrict__ target, unsigned long long count,
                                 unsigned channels) {
  constexpr unsigned length = Packed<Element>::LENGTH;
  const unsigned long long groups = count / length;
  for (unsigned long long group = thread_index(); group < groups; group += thread_count()) {
    unsigned words[length / 4];
    load<length>(source + group * length, words);
    Packed<Element> packed;
    unsigned channel = channels == 3 ? static_cast<unsigned>(group * length % 3) : 0;
#pragma unroll
    for (unsigned i = 0; i < length; ++i) {
      packed.set(i, values.at(channel, byte_of(words, i)));
      channel = channel + 1 == channels ? 0 : channel + 1;
    }
    packed.store(target + group * length);
  }
  const unsigned long long last = groups * length + thread_index();
  if (last < count) {
    const unsigned channel = channels == 3 ? static_cast<unsigned>(last % 3) : 0;
    target[last] = values.at(channel, source[last]);
  }
}

// Three channels to planes of a multiple of 16 bytes: every plane and every sample is aligned. A
// thread reads the pixels that fill a store in each of the planes.
template <typename Element, typename Values>
__device__ void convert_to_aligned_planes(const Values &values,
                                          const unsigned char *__restrict__ source,
                                          Element *__restrict__ target, unsigned long long samples,
                                          unsigned long long pixels) {
  constexpr unsigned length = Packed<Element>::LENGTH;
  for (Position place(pixels / length); place.sample < samples; place.advance()) {
    const unsigned char *from = source + (place.sample * pixels + place.group * length) * 3;
    unsigned words[3 * length / 4];
#pragma unroll
    for (unsigned i = 0; i < 3; ++i) load<length>(from + i * length, words + i * length / 4);
    Element *to = target + place.sample * pixels * 3 + place.group * length;
#pragma unroll
    for (unsigned channel = 0; channel < 3; ++channel) {
      Packed<Element> packed;
#pragma unroll
      for (unsigned i = 0; i < length; ++i) {
        packed.set(i, values.at(channel, byte_of(words, i * 3 + channel)));
      }
      packed.store(to + channel * pixels);
    }
  }
}

// Three channels to planes of any size, a pixel at a time: planes start anywhere, but consecutive
// threads still write consecutive elements.
template <typename Element, typename Values>
__device__ void convert_to_planes(const Values &values, const unsigned char *__restrict__ source,
                                  Element *__restrict__ target, unsigned long long samples,
                                  unsigned long long pixels) {
  for (Position place(pixels); place.sample < samples; place.advance()) {
    const unsigned char *from = source + (place.sample * pixels + place.group) * 3;
    Element *to = target + place.sample * pixels * 3 + place.group;
#pragma unroll
    for (unsigned channel = 0; channel < 3; ++channel) {
      to[channel * pixels] = values.at(channel, from[channel]);
    }
  }
}

template <typename Element, typename Values>
__device__ void convert_nchw(const Values &values, const unsigned char *__restrict__ source,
                             Element *__restrict__ target, unsigned long long samples,
                             unsigned long long pixels, unsigned channels) {
  if (channels == 1) {
    convert_in_order(values, source, target, samples * pixels, 1);
  } else if (pixels % Packed<Element>::LENGTH == 0) {
    convert_to_aligned_planes(values, source, target, samples, pixels);
  } else {
    convert_to_planes(values, source, target, samples, pixels);
  }
}

extern "C" __global__ void __launch_bounds__(BLOCK)
    convert_32_nhwc(const unsigned char *__restrict__ source, void *__restrict__ target,
                    unsigned long long samples, unsigned long long pixels, unsigned channels,
                    Table32 table) {
  __shared__ Table32 shared;
  EACH_THREAD load_table(table, shared);
  __syncthreads();
  EACH_THREAD convert_in_order(shared, source, static_cast<unsigned *>(target),
                               samples * pixels * channels, channels);
}

extern "C" __global__ void __launch_bounds__(BLOCK)
    convert_32_nchw(const unsigned char *__restrict__ source, void *__restrict__ target,
                    unsigned long long samples, unsigned long long pixels, unsigned channels,
                    Table32 table) {
  __shared__ Table32 shared;
  EACH_THREAD load_table(table, shared);
  __syncthreads();
  EACH_THREAD convert_nchw(shared, source, static_cast<unsigned *>(target), samples, pixels,
                           channels);
}

extern "C" __global__ void __launch_bounds__(BLOCK)
    convert_16_nhwc(const unsigned char *__restrict__ source, void *__restrict__ target,
                    unsigned long long samples, unsigned long long pixels, unsigned channels,
                    Table16 table) {
  __shared__ Table16 shared;
  EACH_THREAD load_table(table, shared);
  __syncthreads();
  EACH_THREAD convert_in_order(shared, source, static_cast<unsigned short *>(target),
                               samples * pixels * channels, channels);
}

extern "C" __global__ void __launch_bounds__(BLOCK)
    convert_16_nchw(const unsigned char *__restrict__ source, void *__restrict__ target,
                    unsigned long long samples, unsigned long long pixels, unsigned channels,
                    Table16 table) {
  __shared__ Table16 shared;
  EACH_THREAD load_table(table, shared);
  __syncthreads();
  EACH_THREAD convert_nchw(shared, source, static_cast<unsigned short *>(target), samples, pixels,
                           channels);
}

extern "C" __global__ void __launch_bounds__(BLOCK)
    transpose_8_nchw(const unsigned char *__restrict__ source, void *__restrict__ target,
                     unsigned long long samples, unsigned long long pixels, unsigned channels) {
  EACH_THREAD convert_nchw(Identity(), source, static_cast<unsigned char *>(target), samples,
                           pixels, channels);
}
