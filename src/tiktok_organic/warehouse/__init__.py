"""The warehouses: one external system each, behind the interface of `contract`."""
