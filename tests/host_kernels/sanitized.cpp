// Runs every kernel on memory that ends where the batch ends, for AddressSanitizer to watch. Reads
// lines of samples, pixels, channels and blocks; prints the number of runs.
#include <cstdio>
#include <cstdlib>

#include "host.h"

namespace {

void run(const char *name, std::size_t element, unsigned long long samples,
         unsigned long long pixels, unsigned channels, unsigned grid) {
  static const Table32 table = {};
  const std::size_t length = samples * pixels * channels;
  // malloc aligns to 16 bytes, and not to more: that is all kernels may count on.
  void *source = std::calloc(length, 1);
  void *target = std::malloc(length * element);
  const void *parameters[] = {&source, &target, &samples, &pixels, &channels, &table};
  if (imagepipe_host_kernel(name, grid, const_cast<void **>(parameters)) != 0) std::abort();
  std::free(target);
  std::free(source);
}

}  // namespace

int main() {
  unsigned long long samples, pixels, runs = 0;
  unsigned channels, grid;
  while (std::scanf("%llu %llu %u %u", &samples, &pixels, &channels, &grid) == 4) {
    run("convert_32_nhwc", 4, samples, pixels, channels, grid);
    run("convert_32_nchw", 4, samples, pixels, channels, grid);
    run("convert_16_nhwc", 2, samples, pixels, channels, grid);
    run("convert_16_nchw", 2, samples, pixels, channels, grid);
    run("transpose_8_nchw", 1, samples, pixels, channels, grid);
    runs += 5;
  }
  std::printf("%llu\n", runs);
}
