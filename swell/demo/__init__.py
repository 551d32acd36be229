"""The demo: real word vectors go in through the API, questions are asked, and everything claimed is measured."""
