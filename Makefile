# All tasks of this project; `make help` lists them. On a fresh machine, `make test` sets up what it
# needs: system packages (as root, with apt) and the virtual environment .venv with the wheel.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.SUFFIXES:
.DEFAULT_GOAL := help

ifndef PYTHON
PYTHON := $(or $(shell for version in 3 3.14 3.13 3.12 3.11; do \
    python$$version -c 'import sys; print(sys.executable); sys.exit(sys.version_info < (3, 11))' 2>/dev/null && break; \
    done | tail -n 1),python3)
endif
PHOTOS ?= .photos

export PATH := $(HOME)/.cargo/bin:$(PATH)
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_ROOT_USER_ACTION := ignore
# In CI, Cargo.lock must be up to date.
LOCKED := $(if $(CI),--locked)

BIN := .venv/bin
TORCH := .venv-torch/bin
MXNET := .venv-mxnet/bin
NVRTC := .venv-nvrtc/bin
WHEEL := .venv-wheel/bin
RUST_SOURCES := Cargo.toml $(wildcard Cargo.lock) build.rs $(wildcard cuda/*.ptx) $(shell find src -type f)
WHEEL_SOURCES := $(RUST_SOURCES) README.md LICENSE pyproject.toml $(wildcard build_backend/*.py) \
    $(shell find python -type f -not -path '*/__pycache__/*')

.PHONY: help
help: ## list the targets
	@sed -n 's/^\([a-z-]*\):[^#]*## /\1|/p' Makefile | awk -F '|' '{ printf "%-18s %s\n", $$1, $$2 }'

# ----------------------------------------------------------------------------------- demo and wheel

.PHONY: demo
demo: .venv/.stamp-demo .venv/.stamp-package ## iterate over real photographs twice and compare
	$(BIN)/python benches/photos.py .demo --small 200 --large 0
	$(BIN)/python examples/demo.py .demo/small

export CHECK_WHEEL := import imagepipe_rs; from imagepipe_rs import _native; \
    assert _native.jpeg_simd(), "libjpeg-turbo has no SIMD"; print("imported", imagepipe_rs.__version__)

.PHONY: wheel
wheel: tools .venv-wheel/.stamp ## build dist/*.whl for manylinux, and try it in a clean environment
	rm -rf dist
	PATH="$(abspath $(WHEEL)):$$PATH" maturin build $(LOCKED) --release --zig --compatibility manylinux_2_28 --out dist
	rm -rf target/wheel-check
	$(PYTHON) -m venv target/wheel-check
	target/wheel-check/bin/pip install --quiet click numpy tqdm
	target/wheel-check/bin/pip install --quiet --no-deps --no-index dist/*.whl
	cd target/wheel-check && bin/python -I -c "$$CHECK_WHEEL"
	@ls -l dist

# ------------------------------------------------------------------------------------- CUDA kernels

.PHONY: ptx
ptx: .venv-nvrtc/.stamp ## compile cuda/convert.cu to cuda/convert.ptx, which is committed
	$(NVRTC)/python cuda/compile.py

# ------------------------------------------------------------------------------------------- checks

.PHONY: test
test: lint test-rust test-nvrtc test-python ## all checks but those for PyTorch and MXNet, cheapest first

.PHONY: lint
lint: tools .venv/.stamp-lint ## formatting, ruff, clippy, rustdoc and the crate's dependencies
	cargo fmt --all --check
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	cargo clippy $(LOCKED) --workspace --all-targets -- -D warnings
	PYO3_PYTHON="$(abspath $(BIN)/python)" cargo clippy $(LOCKED) --all-targets --features python -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc $(LOCKED) --workspace --no-deps --document-private-items
	@if cargo tree $(LOCKED) -e normal | grep pyo3; then \
	    echo "pyo3 is in the crate without the feature 'python'" >&2; exit 1; fi
	@if cargo package --list --allow-dirty | grep -E '^\.venv|^target/'; then \
	    echo "these would be published: anchor 'include' in Cargo.toml with a slash" >&2; exit 1; fi

.PHONY: fmt
fmt: .venv/.stamp-lint ## format the sources
	cargo fmt --all
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

.PHONY: test-rust
test-rust: tools ## Rust tests; no Python needed
	if cargo nextest --version >/dev/null 2>&1; then \
	    cargo nextest run $(LOCKED) --workspace --no-fail-fast; \
	    else cargo test $(LOCKED) --workspace --no-fail-fast --lib --tests; fi
	cargo test $(LOCKED) --doc

# Tests in Python find it by LD_LIBRARY_PATH, under the driver's name.
.PHONY: fake-cuda
fake-cuda: tools ## build target/fake-cuda/libcuda.so.1, a CUDA driver that checks its caller
	cargo build $(LOCKED) --quiet --package fake_cuda
	mkdir -p target/fake-cuda
	cp target/debug/libfake_cuda.so target/fake-cuda/libcuda.so.1.new
	mv target/fake-cuda/libcuda.so.1.new target/fake-cuda/libcuda.so.1

.PHONY: rust-examples
rust-examples: tools ## build the Rust programs in examples/, which Python tests run
	cargo build $(LOCKED) --quiet --examples

# Tests whose results depend on what decodes JPEG: they run with each decoder.
JPEG_TESTS := $(addprefix tests/python/test_,$(addsuffix .py,augment backends batches damage decode fields flow \
    formats golden hostile images inspect interrupted memory pillow processes states tensorflow)) \
    tests/python/graph/test_graph_images.py

.PHONY: test-python
test-python: .venv/.stamp-test .venv/.stamp-package fake-cuda rust-examples stubtest ## Python tests, on the built wheel
	$(MAKE) --no-print-directory --jobs 2 --output-sync=target test-graphs test-loader

PYTEST := $(BIN)/python -m pytest -m "not torch and not mxnet"

.PHONY: test-graphs test-loader
test-graphs:
	$(PYTEST) tests/python/graph
	IMAGEPIPE_JPEG=turbo $(PYTEST) $(JPEG_TESTS)

test-loader:
	$(PYTEST) --ignore tests/python/graph

.PHONY: tutorial-pictures
tutorial-pictures: .venv/.stamp-test .venv/.stamp-package ## make the pictures of docs/tutorials/ anew
	$(BIN)/python tests/python/graph/test_tutorials.py

.PHONY: gallery
gallery: .venv/.stamp-test .venv/.stamp-package ## make docs/gallery.md and its pictures anew
	$(BIN)/python tests/python/graph/gallery.py

.PHONY: test-nvrtc
test-nvrtc: .venv-nvrtc/.stamp ## CUDA kernels: the committed PTX, and machine code for each kind of GPU
	$(NVRTC)/python -m pytest tests/nvrtc

.PHONY: stubtest
stubtest: .venv/.stamp-lint .venv/.stamp-package ## types, and stubs against the module
	$(BIN)/python -m mypy
	$(BIN)/python -m mypy.stubtest imagepipe_rs._native --allowlist tests/python/stubtest-allowlist.txt

.PHONY: test-torch
test-torch: .venv-torch/.stamp-package fake-cuda ## tests of PyTorch, Lightning, Accelerate (5 GB)
	$(TORCH)/python -m pytest -m torch $(addprefix tests/python/test_,$(addsuffix .py,torch augment_torch ranks_torch lightning accelerate cuda_torch readme examples)) \
	    $(addprefix tests/python/graph/test_,$(addsuffix .py,stream_outputs tutorials pixelpipes_torch))

.PHONY: test-mxnet
test-mxnet: .venv/.stamp-package ## tests of MXNet, with Python 3.11 (300 MB)
	@if $(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))'; then \
	    $(MAKE) --no-print-directory .venv-mxnet/.stamp-package && \
	    $(MXNET)/python -m pytest -m mxnet tests/python/test_mxnet.py; \
	else echo "test-mxnet: skipped, MXNet needs Python 3.11"; fi

# AddressSanitizer on the stable compiler, and for the C code if there is clang. libjpeg-turbo is
# linked into several binaries, which is fine, and one test allocates more memory than there is. The
# fake CUDA driver takes the sanitizer's functions from the test that loads it.
ASAN := RUSTC_BOOTSTRAP=1 ASAN_OPTIONS=detect_odr_violation=0:allocator_may_return_null=1 \
    $(if $(shell command -v clang),CC=clang CFLAGS=-fsanitize=address)
FUZZ ?= jpeg
FUZZ_SECONDS ?= 60

.PHONY: test-asan
test-asan: tools ## Rust tests under AddressSanitizer
	$(ASAN) RUSTFLAGS="-Zsanitizer=address -Clink-arg=-rdynamic" cargo test $(LOCKED) --lib --test integration \
	    --target x86_64-unknown-linux-gnu --target-dir target/asan

.PHONY: fuzz
fuzz: tools ## fuzz decoders or readers (FUZZ=jpeg, made, formats, pipes or records; FUZZ_SECONDS=60)
	@cargo fuzz --version >/dev/null 2>&1 || cargo install --locked cargo-fuzz
	mkdir -p fuzz/corpus/jpeg fuzz/corpus/made fuzz/corpus/formats fuzz/corpus/pipes fuzz/corpus/records
	for file in fuzz/seeds/*.jpg; do { printf '\0\0\0\0\0\0'; cat "$$file"; } > fuzz/corpus/jpeg/"$$(basename "$$file")"; done
	$(ASAN) cargo fuzz run $(FUZZ) -- -max_len=4096 -len_control=0 -max_total_time=$(FUZZ_SECONDS)

# ---------------------------------------------------------------------------------------- measuring

.PHONY: bench
bench: tools photos ## run the Rust benchmarks
	IMAGEPIPE_PHOTOS="$(abspath $(PHOTOS))" cargo bench $(LOCKED)

.PHONY: photos
photos: .venv/.stamp-demo ## make the photographs for benchmarks, in .photos (or PHOTOS=...)
	$(BIN)/python benches/photos.py $(PHOTOS)

.PHONY: peers
peers: photos target/wheel/.stamp ## benchmark other packages on the same work
	$(PYTHON) benches/peers/run.py $(PHOTOS) --imagepipe target/wheel/*.whl

AUGMENT ?=

.PHONY: bench-augment
bench-augment: photos target/wheel/.stamp ## benchmark operations on images (AUGMENT="--torch --recipes")
	$(PYTHON) benches/peers/augment.py $(PHOTOS) --imagepipe target/wheel/*.whl $(AUGMENT)

# The Python that has the frameworks to try: PyTorch, CuPy, JAX.
GPU_PYTHON ?= $(PYTHON)
GPU_OUT ?= target/gpu

.PHONY: gpu
gpu: target/wheel/.stamp ## what needs a GPU: batches equal the CPU's, speed, ResNet-50 (GPU_OUT=target/gpu)
	$(GPU_PYTHON) tests/gpu/run.py --wheel target/wheel/*.whl --out $(GPU_OUT)

.PHONY: clean
clean: ## remove everything that was built
	rm -rf target fuzz/target dist .venv .venv-torch .venv-mxnet .venv-nvrtc .venv-wheel .demo .photos .peers .hypothesis .pytest_cache .mypy_cache .ruff_cache

# ------------------------------------------------------------------------------------------- set-up

# Cheap enough to run every time; installs only what is missing.
.PHONY: tools
tools:
	@if ! command -v cargo >/dev/null; then echo "cargo not found: install Rust with rustup" >&2; exit 1; fi
	@cargo clippy --version >/dev/null 2>&1 && cargo fmt --version >/dev/null 2>&1 || rustup component add clippy rustfmt
	@packages=""; \
	command -v cc >/dev/null || packages+=" gcc libc6-dev"; \
	command -v c++ >/dev/null || packages+=" g++"; \
	for tool in cmake nasm; do command -v $$tool >/dev/null || packages+=" $$tool"; done; \
	$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || packages+=" python3-venv"; \
	if [ -z "$$packages" ]; then exit 0; fi; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $$packages; \
	else \
	    echo "missing:$$packages; install them with 'sudo apt-get install$$packages' or similar" >&2; exit 1; \
	fi
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Python 3.11 or newer is needed: set PYTHON")'

# An environment is made once; its dependency groups are reinstalled when pyproject.toml changes.
.venv/pyvenv.cfg .venv-torch/pyvenv.cfg .venv-mxnet/pyvenv.cfg .venv-nvrtc/pyvenv.cfg .venv-wheel/pyvenv.cfg: | tools
	$(PYTHON) -m venv $(@D)
	$(@D)/bin/python -m pip install --quiet --upgrade 'pip>=25.1'

.venv/.stamp-demo .venv/.stamp-lint .venv/.stamp-test: .venv/.stamp-%: pyproject.toml | .venv/pyvenv.cfg
	$(BIN)/python -m pip install --quiet --group $*
	touch $@

.venv/.stamp-build: pyproject.toml | .venv/pyvenv.cfg
	$(BIN)/python -m pip install --quiet --group build 'click>=8.2' 'numpy>=1.26' 'tqdm>=4.67'
	touch $@

.venv-wheel/.stamp: pyproject.toml | .venv-wheel/pyvenv.cfg
	$(@D)/bin/python -m pip install --quiet --group wheel
	touch $@

.venv-nvrtc/.stamp: pyproject.toml | .venv-nvrtc/pyvenv.cfg
	$(NVRTC)/python -m pip install --quiet --group nvrtc
	touch $@

# The wheel as `pip install .` builds it, with the project's own build backend.
target/wheel/.stamp: $(WHEEL_SOURCES) | tools .venv/.stamp-build
	rm -rf target/wheel
	PATH="$(abspath $(BIN)):$$PATH" $(BIN)/python -m pip wheel --quiet --no-deps --no-build-isolation --wheel-dir target/wheel .
	touch $@

.venv/.stamp-package: target/wheel/.stamp | .venv/.stamp-build
	$(BIN)/python -m pip install --quiet --force-reinstall --no-deps target/wheel/*.whl
	touch $@

.venv-torch/.stamp-torch: pyproject.toml | .venv-torch/pyvenv.cfg
	$(TORCH)/python -m pip install --quiet --group torch
	touch $@

.venv-mxnet/.stamp-mxnet: pyproject.toml | .venv-mxnet/pyvenv.cfg
	$(MXNET)/python -m pip install --quiet --group mxnet 'click>=8.2' 'tqdm>=4.67'
	touch $@

.venv-mxnet/.stamp-package: target/wheel/.stamp .venv-mxnet/.stamp-mxnet
	$(MXNET)/python -m pip install --quiet --force-reinstall --no-deps target/wheel/*.whl
	touch $@

.venv-torch/.stamp-package: target/wheel/.stamp .venv-torch/.stamp-torch
	$(TORCH)/python -m pip install --quiet --force-reinstall --no-deps target/wheel/*.whl
	touch $@
