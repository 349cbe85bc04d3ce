"""What the product reaches, measured: one file per thing that is measured."""
