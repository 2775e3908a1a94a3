été = a b
