# café
name = 'cafÃ©' + café + 1
