"""The warehouses: one outside system each, all behind the interface of `base`."""
