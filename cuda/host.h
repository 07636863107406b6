// Compiles convert.cu as C++, so that the kernels run, and are tested, without a GPU.
//
// The threads of a block run one after the other, up to each barrier: see EACH_THREAD. Only tests
// use this.
#pragma once

#include <cstring>
#include <type_traits>
#include <utility>

#define __global__
#define __device__
#define __shared__
#define __launch_bounds__(threads)

// They stand for other types in memory, as they do on a GPU.
struct __attribute__((may_alias, aligned(8))) uint2 {
  unsigned x, y;
};

struct __attribute__((may_alias, aligned(16))) uint4 {
  unsigned x, y, z, w;
};

struct HostIndex {
  unsigned x;
};

static thread_local HostIndex threadIdx, blockIdx, gridDim;

#define EACH_THREAD for (threadIdx.x = 0; threadIdx.x < BLOCK; ++threadIdx.x)

static inline void __syncthreads() {}

#include "convert.cu"

namespace host {

// A copy: the array may point to unaligned memory.
template <typename Parameter>
Parameter read(const void *from) {
  static_assert(std::is_trivially_copyable_v<Parameter>);
  Parameter value;
  std::memcpy(&value, from, sizeof(value));
  return value;
}

// Some blocks of a grid.
struct Blocks {
  unsigned grid, first, end;
};

template <typename... Parameters, std::size_t... Index>
void run(void (*kernel)(Parameters...), Blocks blocks, void **parameters,
         std::index_sequence<Index...>) {
  gridDim.x = blocks.grid;
  for (blockIdx.x = blocks.first; blockIdx.x < blocks.end; ++blockIdx.x) {
    kernel(read<Parameters>(parameters[Index])...);
  }
}

template <typename... Parameters>
int run(void (*kernel)(Parameters...), Blocks blocks, void **parameters) {
  run(kernel, blocks, parameters, std::index_sequence_for<Parameters...>());
  return 0;
}

}  // namespace host

// Runs the blocks from `first` to before `end` of a grid of the kernel `name`, with an array of
// parameters as for `cuLaunchKernel`. Returns 0, or 1 if there is no such kernel.
extern "C" int imagepipe_host_blocks(const char *name, unsigned grid, unsigned first, unsigned end,
                                     void **parameters) {
  const host::Blocks blocks = {grid, first, end};
  const auto is = [name](const char *kernel) { return std::strcmp(name, kernel) == 0; };
  if (is("convert_32_nhwc")) return host::run(convert_32_nhwc, blocks, parameters);
  if (is("convert_32_nchw")) return host::run(convert_32_nchw, blocks, parameters);
  if (is("convert_16_nhwc")) return host::run(convert_16_nhwc, blocks, parameters);
  if (is("convert_16_nchw")) return host::run(convert_16_nchw, blocks, parameters);
  if (is("transpose_8_nchw")) return host::run(transpose_8_nchw, blocks, parameters);
  return 1;
}

// Runs all blocks of a grid.
extern "C" int imagepipe_host_kernel(const char *name, unsigned grid, void **parameters) {
  return imagepipe_host_blocks(name, grid, 0, grid, parameters);
}
