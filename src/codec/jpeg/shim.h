/* What Rust sees of libjpeg-turbo: plain structs, and functions that return 0 or an error code. No
 * setjmp crosses the border: errors are caught here and come back as text. */
#ifndef IMAGEPIPE_JPEG_SHIM_H
#define IMAGEPIPE_JPEG_SHIM_H

#include <stddef.h>
#include <stdint.h>

#define IP_MESSAGE 200

/* What functions return that fail. */
enum { IP_FAILED = -1, IP_NO_MEMORY = -2, IP_STOPPED = -3 };
enum {
  IP_COLOR_GRAY = 0,
  IP_COLOR_YCC = 1,
  IP_COLOR_RGB = 2,
  IP_COLOR_CMYK = 3,
  IP_COLOR_OTHER = 4
};
enum { IP_OUT_GRAY = 0, IP_OUT_RGB = 1, IP_OUT_CMYK = 2 };

typedef struct ip_jpeg ip_jpeg;

typedef struct {
  uint32_t width, height;
  int32_t precision;
  int32_t color; /* IP_COLOR_* of the file */
  int32_t h_samp[4], v_samp[4];
  size_t scan; /* where in the file the first scan's data begins */
  /* payload of the first Exif APP1 segment after "Exif\0\0", in memory of the handle, until pixels
   * are read */
  const uint8_t *exif;
  size_t exif_len;
  const uint8_t *xmp; /* the same of the last XMP APP1 segment */
  size_t xmp_len;
} ip_header;

typedef struct {
  int32_t out;                  /* IP_OUT_* */
  uint32_t denominator;         /* 1, 2, 4, 8 */
  uint32_t left, top, width, height; /* window, in pixels of the scaled image */
} ip_request;

typedef struct {
  /* columns delivered, in scaled pixels: the window rounded out to whole blocks */
  uint32_t left, width;
} ip_window;

typedef struct {
  uint32_t width, height; /* samples that mean something */
  uint32_t stride, rows;  /* samples a row takes, and rows that are written: whole blocks */
  uint32_t mcu_width, mcu_height; /* samples in one MCU: how the planes' sizes relate */
} ip_plane;

ip_jpeg *ip_jpeg_new(void);
void ip_jpeg_free(ip_jpeg *jpeg);
const char *ip_jpeg_message(const ip_jpeg *jpeg);

/* Reads up to the first scan. `data` and `stop` must stay in place until ip_jpeg_abort. Once *stop
 * is not 0, decoding ends with an error at the next row of blocks: a progressive file may take
 * seconds. */
int ip_jpeg_header(ip_jpeg *jpeg, const uint8_t *data, size_t len, const uint8_t *stop,
                   ip_header *header);
void ip_jpeg_abort(ip_jpeg *jpeg);

/* Interleaved pixels of a window. `start` fixes the columns; then `rows` writes request->height
 * rows. */
int ip_jpeg_rows_start(ip_jpeg *jpeg, const ip_request *request, ip_window *window);
int ip_jpeg_rows(ip_jpeg *jpeg, const ip_request *request, uint8_t *out, size_t stride);

/* Y, Cb, Cr planes of all columns, from the top to at least row request->top + request->height. */
int ip_jpeg_planes_start(ip_jpeg *jpeg, const ip_request *request, ip_plane planes[3]);
int ip_jpeg_planes(ip_jpeg *jpeg, const ip_plane planes[3], uint8_t *const out[3]);

/* Rows of an MCU at 4:2:0: as many as are encoded at once. */
#define IP_STRIP 16

typedef struct ip_encoder ip_encoder;

typedef struct {
  uint8_t *next; /* where the next byte of the file goes */
  size_t left;   /* how many bytes are free from there on */
} ip_spare;

ip_encoder *ip_encoder_new(void);
void ip_encoder_free(ip_encoder *encoder);
const char *ip_encoder_message(const ip_encoder *encoder);

/* A baseline JPEG of interleaved RGB rows, chroma at half the size both ways, or with one channel of
 * gray rows. `spare` is written to during a call only, and moved on by what the call wrote. After an
 * error the next thing is another `start`. */
int ip_encoder_start(ip_encoder *encoder, uint32_t width, uint32_t height, int32_t channels,
                     int32_t quality, ip_spare *spare);
int ip_encoder_rows(ip_encoder *encoder, const uint8_t *rows, size_t stride, uint32_t count,
                    ip_spare *spare);
int ip_encoder_finish(ip_encoder *encoder, ip_spare *spare);

/* Whether libjpeg-turbo was built with its SIMD code and this processor runs it. */
int ip_jpeg_simd(void);

#endif
