/* The C side of the libjpeg-turbo back end: see shim.h.
 *
 * Warnings count as damage only while pixels are decoded: a file with a stray byte between header
 * segments is a image like any other, one whose scan ends early is not. */
#include "shim.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>
#include <jerror.h>

/* A progressive file may have any number of scans, each costing a pass over the image; real ones
 * have about ten. */
#define MAX_SCANS 100
/* The names of version 6b of the interface, which turbojpeg-sys builds. */
#if JPEG_LIB_VERSION >= 70
#error "built for libjpeg 6b: configure libjpeg-turbo without WITH_JPEG7 and WITH_JPEG8"
#endif
/* Larger than any iMCU row: 4 sampling factors times 8 rows. */
#define MAX_MCU_ROWS 32

struct ip_jpeg {
  struct jpeg_decompress_struct cinfo;
  struct jpeg_error_mgr errors;
  struct jpeg_progress_mgr progress;
  jmp_buf escape;
  int code; /* what ip_jpeg_* return after a jump */
  const volatile uint8_t *stop;
  char message[JMSG_LENGTH_MAX];
};

static ip_jpeg *owner(j_common_ptr cinfo) { return (ip_jpeg *)cinfo->client_data; }

static void give_up(ip_jpeg *jpeg, int code) {
  jpeg->code = code;
  longjmp(jpeg->escape, 1);
}

static void on_error(j_common_ptr cinfo) {
  cinfo->err->format_message(cinfo, owner(cinfo)->message);
  give_up(owner(cinfo), cinfo->err->msg_code == JERR_OUT_OF_MEMORY ? IP_NO_MEMORY : IP_FAILED);
}

/* Bytes between two scans, or before the end, are padding that cameras leave: no pixel is lost.
 * Where restart markers are looked for inside a scan, the same warning means that data was. */
static int harmless(j_common_ptr cinfo) {
  return cinfo->err->msg_code == JWRN_EXTRANEOUS_DATA &&
         ((j_decompress_ptr)cinfo)->restart_interval == 0;
}

/* The first warning is kept: later ones are its consequences. */
static void on_message(j_common_ptr cinfo, int level) {
  if (level >= 0 || harmless(cinfo)) return;
  if (cinfo->err->num_warnings++ == 0) cinfo->err->format_message(cinfo, owner(cinfo)->message);
}

static void on_output(j_common_ptr cinfo) { (void)cinfo; }

/* Called for every row of blocks. Damage is looked for here too: the scans after it would be
 * decoded in vain. */
static void on_progress(j_common_ptr cinfo) {
  ip_jpeg *jpeg = owner(cinfo);
  if (jpeg->stop && *jpeg->stop) give_up(jpeg, IP_STOPPED);
  if (((j_decompress_ptr)cinfo)->input_scan_number > MAX_SCANS) {
    snprintf(jpeg->message, JMSG_LENGTH_MAX, "more than %d scans", MAX_SCANS);
    give_up(jpeg, IP_FAILED);
  }
  if (cinfo->err->num_warnings != 0) give_up(jpeg, IP_FAILED);
}

/* Apart from its callers, whose own setjmp must come after it. */
static int create(ip_jpeg *jpeg) {
  if (setjmp(jpeg->escape)) return jpeg->code;
  jpeg_create_decompress(&jpeg->cinfo);
  jpeg->cinfo.client_data = jpeg;
  jpeg->progress.progress_monitor = on_progress;
  jpeg->cinfo.progress = &jpeg->progress;
  jpeg_save_markers(&jpeg->cinfo, JPEG_APP0 + 1, 0xffff);
  return 0;
}

ip_jpeg *ip_jpeg_new(void) {
  ip_jpeg *jpeg = calloc(1, sizeof *jpeg);
  if (!jpeg) return NULL;
  jpeg->cinfo.err = jpeg_std_error(&jpeg->errors);
  jpeg->errors.error_exit = on_error;
  jpeg->errors.emit_message = on_message;
  jpeg->errors.output_message = on_output;
  jpeg->cinfo.client_data = jpeg;
  if (create(jpeg) == 0) return jpeg;
  free(jpeg);
  return NULL;
}

void ip_jpeg_free(ip_jpeg *jpeg) {
  if (!jpeg) return;
  jpeg_destroy_decompress(&jpeg->cinfo);
  free(jpeg);
}

const char *ip_jpeg_message(const ip_jpeg *jpeg) { return jpeg->message; }

void ip_jpeg_abort(ip_jpeg *jpeg) {
  jpeg->stop = NULL;
  if (setjmp(jpeg->escape) == 0) jpeg_abort_decompress(&jpeg->cinfo);
}

static int color_of(J_COLOR_SPACE space) {
  switch (space) {
  case JCS_GRAYSCALE: return IP_COLOR_GRAY;
  case JCS_YCbCr: return IP_COLOR_YCC;
  case JCS_RGB: return IP_COLOR_RGB;
  case JCS_CMYK:
  case JCS_YCCK: return IP_COLOR_CMYK;
  default: return IP_COLOR_OTHER;
  }
}

/* The first Exif block and the last XMP packet count, as in the other decoder. */
static void find_metadata(const struct jpeg_decompress_struct *cinfo, ip_header *header) {
  static const char exif[] = "Exif\0", xmp[] = "http://ns.adobe.com/xap/1.0/";
  for (jpeg_saved_marker_ptr m = cinfo->marker_list; m; m = m->next) {
    if (!header->exif && m->data_length > sizeof exif && memcmp(m->data, exif, sizeof exif) == 0) {
      header->exif = m->data + sizeof exif;
      header->exif_len = m->data_length - sizeof exif;
    } else if (m->data_length >= sizeof xmp && memcmp(m->data, xmp, sizeof xmp) == 0) {
      header->xmp = m->data + sizeof xmp;
      header->xmp_len = m->data_length - sizeof xmp;
    }
  }
}

int ip_jpeg_header(ip_jpeg *jpeg, const uint8_t *data, size_t len, const uint8_t *stop,
                   ip_header *header) {
  struct jpeg_decompress_struct *cinfo = &jpeg->cinfo;
  memset(header, 0, sizeof *header);
  /* A decompressor keeps the tables of the file before, and a file may do without some of its own:
   * what it becomes must not depend on what was decoded before it. So each file gets a new one, in
   * place; that costs a microsecond. */
  jpeg_destroy_decompress(cinfo);
  if (create(jpeg) != 0) return jpeg->code;
  if (setjmp(jpeg->escape)) return jpeg->code;
  jpeg->stop = stop;
  jpeg_mem_src(cinfo, data, (unsigned long)len);
  jpeg_read_header(cinfo, TRUE);
  header->width = cinfo->image_width;
  header->height = cinfo->image_height;
  header->precision = cinfo->data_precision;
  header->color = color_of(cinfo->jpeg_color_space);
  for (int i = 0; i < cinfo->num_components && i < 4; i++) {
    header->h_samp[i] = cinfo->comp_info[i].h_samp_factor;
    header->v_samp[i] = cinfo->comp_info[i].v_samp_factor;
  }
  header->scan = (size_t)(cinfo->src->next_input_byte - data);
  find_metadata(cinfo, header);
  return 0;
}

static void set_common(struct jpeg_decompress_struct *cinfo, const ip_request *request) {
  cinfo->scale_num = 1;
  cinfo->scale_denom = request->denominator;
  cinfo->dct_method = JDCT_ISLOW;
  cinfo->do_fancy_upsampling = TRUE;
  cinfo->err->num_warnings = 0;
}

int ip_jpeg_rows_start(ip_jpeg *jpeg, const ip_request *request, ip_window *window) {
  static const J_COLOR_SPACE spaces[] = {JCS_GRAYSCALE, JCS_RGB, JCS_CMYK};
  struct jpeg_decompress_struct *cinfo = &jpeg->cinfo;
  if (setjmp(jpeg->escape)) return jpeg->code;
  set_common(cinfo, request);
  cinfo->raw_data_out = FALSE;
  cinfo->out_color_space = spaces[request->out];
  jpeg_start_decompress(cinfo);
  JDIMENSION left = request->left, width = request->width;
  if (width < cinfo->output_width) jpeg_crop_scanline(cinfo, &left, &width);
  window->left = left;
  window->width = width;
  return 0;
}

/* Damage is what the library warned of while it decoded what was asked for. */
static int damaged(const ip_jpeg *jpeg) { return jpeg->errors.num_warnings != 0; }

int ip_jpeg_rows(ip_jpeg *jpeg, const ip_request *request, uint8_t *out, size_t stride) {
  struct jpeg_decompress_struct *cinfo = &jpeg->cinfo;
  JSAMPROW rows[MAX_MCU_ROWS];
  if (setjmp(jpeg->escape)) return jpeg->code;
  if (request->top > 0) jpeg_skip_scanlines(cinfo, request->top);
  uint32_t done = 0;
  while (done < request->height) {
    uint32_t want = request->height - done;
    if (want > MAX_MCU_ROWS) want = MAX_MCU_ROWS;
    for (uint32_t i = 0; i < want; i++) rows[i] = out + (done + i) * stride;
    done += jpeg_read_scanlines(cinfo, rows, want);
    if (damaged(jpeg)) return IP_FAILED;
  }
  jpeg_abort_decompress(cinfo);
  return 0;
}

int ip_jpeg_planes_start(ip_jpeg *jpeg, const ip_request *request, ip_plane planes[3]) {
  struct jpeg_decompress_struct *cinfo = &jpeg->cinfo;
  if (setjmp(jpeg->escape)) return jpeg->code;
  set_common(cinfo, request);
  cinfo->raw_data_out = TRUE;
  cinfo->out_color_space = cinfo->jpeg_color_space;
  jpeg_start_decompress(cinfo);
  const uint32_t mcu_rows = (uint32_t)(cinfo->max_v_samp_factor * cinfo->min_DCT_scaled_size);
  uint32_t bottom = request->top + request->height;
  if (bottom > cinfo->output_height) bottom = cinfo->output_height;
  const uint32_t steps = (bottom + mcu_rows - 1) / mcu_rows;
  for (int i = 0; i < 3; i++) {
    const jpeg_component_info *c = &cinfo->comp_info[i];
    const uint32_t step = (uint32_t)(c->v_samp_factor * c->DCT_scaled_size);
    planes[i].width = c->downsampled_width;
    planes[i].height = steps * step < c->downsampled_height ? steps * step : c->downsampled_height;
    planes[i].stride = c->width_in_blocks * (uint32_t)c->DCT_scaled_size;
    planes[i].rows = steps * step;
    planes[i].mcu_width = (uint32_t)(c->h_samp_factor * c->DCT_scaled_size);
    planes[i].mcu_height = step;
  }
  return 0;
}

int ip_jpeg_planes(ip_jpeg *jpeg, const ip_plane planes[3], uint8_t *const out[3]) {
  struct jpeg_decompress_struct *cinfo = &jpeg->cinfo;
  JSAMPROW rows[3][MAX_MCU_ROWS];
  JSAMPARRAY image[3] = {rows[0], rows[1], rows[2]};
  if (setjmp(jpeg->escape)) return jpeg->code;
  const uint32_t mcu_rows = (uint32_t)(cinfo->max_v_samp_factor * cinfo->min_DCT_scaled_size);
  for (uint32_t k = 0; k * planes[0].mcu_height < planes[0].rows; k++) {
    for (int i = 0; i < 3; i++) {
      const uint32_t step = planes[i].mcu_height;
      for (uint32_t r = 0; r < step; r++)
        rows[i][r] = out[i] + (size_t)(k * step + r) * planes[i].stride;
    }
    jpeg_read_raw_data(cinfo, image, mcu_rows);
    if (damaged(jpeg)) return IP_FAILED;
  }
  jpeg_abort_decompress(cinfo);
  return 0;
}

/* The dispatcher of libjpeg-turbo's SIMD code, in no public header. Weak: a library built without
 * SIMD has no such function, and must then say so here, not fail to link. */
extern int jsimd_can_idct_islow(void) __attribute__((weak));

int ip_jpeg_simd(void) { return jsimd_can_idct_islow != NULL && jsimd_can_idct_islow() != 0; }
