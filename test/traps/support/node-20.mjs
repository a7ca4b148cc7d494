// Makes a newer Node lack what Node 20 lacks, so that the shim is needed on every Node that runs the tests.
Reflect.deleteProperty(Promise, 'withResolvers')
