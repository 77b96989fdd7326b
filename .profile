# Read by each dyno before it starts. The apt buildpack unpacks Tesseract under ~/.apt but
# leaves the path of its languages as compiled in, where a dyno has nothing.
for languages in "$HOME"/.apt/usr/share/tesseract-ocr/*/tessdata; do
    if [ -d "$languages" ] && [ -z "${TESSDATA_PREFIX:-}" ]; then
        export TESSDATA_PREFIX="$languages"
    fi
done
