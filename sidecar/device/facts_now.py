facts(flags())
